-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- Ads that Meta does not know, or does not show to our tokens: asked for again only when it may make a difference.
DO $$
BEGIN
    IF to_regclass('metaads.unresolved_ads') IS NULL THEN
        CREATE TABLE metaads.unresolved_ads (
            tenant_id integer NOT NULL,
            ad_id text NOT NULL,
            reason text NOT NULL,
            asked_at timestamptz NOT NULL,
            ask_again_at timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, ad_id)
        );
        ALTER TABLE metaads.unresolved_ads ENABLE ROW LEVEL SECURITY;
        ALTER TABLE metaads.unresolved_ads FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant_isolation ON metaads.unresolved_ads
            USING (tenant_id = nullif(current_setting('metaads.tenant_id', true), '')::integer);
    END IF;
END
$$;
