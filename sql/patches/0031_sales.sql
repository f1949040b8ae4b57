-- metaads: mode=tx when=public.leads lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- The CRM's parche 40: opportunities and sales transactions. Amounts are exact, and always in a currency that is named.
-- A table that the host has already stays what it is. No foreign keys: each would need a lock on the host's tables.
DO $$
BEGIN
    IF to_regclass('public.opportunities') IS NULL THEN
        CREATE TABLE public.opportunities (
            tenant_id integer NOT NULL,
            id uuid NOT NULL DEFAULT gen_random_uuid(),
            lead_id uuid,
            name text NOT NULL,
            stage text NOT NULL DEFAULT 'prospecting',
            amount numeric NOT NULL,
            currency varchar(3) NOT NULL,
            probability numeric,
            expected_close_date date,
            closed_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT opportunities_pkey PRIMARY KEY (tenant_id, id),
            CONSTRAINT opportunities_currency CHECK (currency ~ '^[A-Z]{3}$')
        );
        COMMENT ON TABLE public.opportunities IS 'Made by metaads, patch 0031';
    END IF;

    IF to_regclass('public.sales_transactions') IS NULL THEN
        CREATE TABLE public.sales_transactions (
            tenant_id integer NOT NULL,
            id uuid NOT NULL DEFAULT gen_random_uuid(),
            opportunity_id uuid,
            lead_id uuid,
            transaction_date date NOT NULL,
            amount numeric NOT NULL,
            currency varchar(3) NOT NULL,
            status text NOT NULL DEFAULT 'paid',
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT sales_transactions_pkey PRIMARY KEY (tenant_id, id),
            CONSTRAINT sales_transactions_currency CHECK (currency ~ '^[A-Z]{3}$')
        );
        COMMENT ON TABLE public.sales_transactions IS 'Made by metaads, patch 0031';
    END IF;
END
$$;
