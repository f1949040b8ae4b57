-- metaads: mode=tx when=public.leads lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- The CRM's parche 39: rules of automation, and a log of what they did. A table that the host has already stays what it
-- is. A rule does nothing until somebody switches it on. No foreign keys: each would need a lock on the host's tables.
DO $$
BEGIN
    IF to_regclass('public.automation_rules') IS NULL THEN
        CREATE TABLE public.automation_rules (
            tenant_id integer NOT NULL,
            id uuid NOT NULL DEFAULT gen_random_uuid(),
            name text NOT NULL,
            trigger_event text NOT NULL,
            conditions jsonb NOT NULL DEFAULT '{}'::jsonb,
            actions jsonb NOT NULL DEFAULT '[]'::jsonb,
            is_active boolean NOT NULL DEFAULT false,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT automation_rules_pkey PRIMARY KEY (tenant_id, id)
        );
        COMMENT ON TABLE public.automation_rules IS 'Made by metaads, patch 0030';
    END IF;

    IF to_regclass('public.automation_logs') IS NULL THEN
        CREATE TABLE public.automation_logs (
            tenant_id integer NOT NULL,
            rule_id uuid NOT NULL,
            executed_at timestamptz NOT NULL DEFAULT now(),
            id uuid NOT NULL DEFAULT gen_random_uuid(),
            lead_id uuid,
            status text NOT NULL,
            details jsonb,
            error text,
            -- A rule's log is read in the order of time.
            CONSTRAINT automation_logs_pkey PRIMARY KEY (tenant_id, rule_id, executed_at, id)
        );
        COMMENT ON TABLE public.automation_logs IS 'Made by metaads, patch 0030';
    END IF;
END
$$;
