-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- Leads of forms whose answers Meta did not give: asked for again only when it may make a difference.
DO $$
BEGIN
    IF to_regclass('metaads.unresolved_leads') IS NULL THEN
        CREATE TABLE metaads.unresolved_leads (
            tenant_id integer NOT NULL,
            leadgen_id text NOT NULL,
            reason text NOT NULL,
            asked_at timestamptz NOT NULL,
            ask_again_at timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, leadgen_id)
        );
        ALTER TABLE metaads.unresolved_leads ENABLE ROW LEVEL SECURITY;
        ALTER TABLE metaads.unresolved_leads FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant_isolation ON metaads.unresolved_leads
            USING (tenant_id = nullif(current_setting('metaads.tenant_id', true), '')::integer);
    END IF;
END
$$;
