-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- What a sync of insights remembers: where an account's figures come from, which days are completely read, how much
-- Meta gives in one answer.
DO $$
DECLARE
    tenant_table text;
BEGIN
    -- Real and simulated figures never mix: the source is fixed before the first row.
    IF to_regclass('metaads.sync_accounts') IS NULL THEN
        CREATE TABLE metaads.sync_accounts (
            tenant_id integer NOT NULL,
            account_id text NOT NULL,
            data_source text NOT NULL CONSTRAINT sync_accounts_data_source CHECK (data_source IN ('live', 'stub')),
            catalogue_read_at timestamptz,
            catalogue_complete_at timestamptz,
            PRIMARY KEY (tenant_id, account_id)
        );
    END IF;

    -- A day of a level that was read to its end: what metaads.insights holds of it is all there was at that time.
    IF to_regclass('metaads.sync_days') IS NULL THEN
        CREATE TABLE metaads.sync_days (
            tenant_id integer NOT NULL,
            account_id text NOT NULL,
            entity_type text NOT NULL CONSTRAINT sync_days_entity_type
                CHECK (entity_type IN ('campaign', 'adset', 'ad')),
            day date NOT NULL,
            read_at timestamptz NOT NULL,
            row_count bigint NOT NULL,
            PRIMARY KEY (tenant_id, account_id, entity_type, day)
        );
    END IF;

    -- The size of request that worked after Meta had refused a larger one.
    IF to_regclass('metaads.sync_shapes') IS NULL THEN
        CREATE TABLE metaads.sync_shapes (
            tenant_id integer NOT NULL,
            account_id text NOT NULL,
            entity_type text NOT NULL CONSTRAINT sync_shapes_entity_type
                CHECK (entity_type IN ('campaign', 'adset', 'ad')),
            page_size bigint NOT NULL,
            days bigint NOT NULL,
            asynchronous boolean NOT NULL,
            campaigns bigint,
            learned_at timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, account_id, entity_type)
        );
    END IF;

    -- The action types that conversions and revenue were taken from.
    ALTER TABLE metaads.insights
        ADD COLUMN IF NOT EXISTS conversion_action text,
        ADD COLUMN IF NOT EXISTS revenue_action text;
    -- When the work began that this run goes on with: its own start, or that of the run that was interrupted.
    ALTER TABLE metaads.sync_runs ADD COLUMN IF NOT EXISTS began_at timestamptz;

    FOREACH tenant_table IN ARRAY ARRAY['sync_accounts', 'sync_days', 'sync_shapes'] LOOP
        IF NOT EXISTS (
            SELECT FROM pg_catalog.pg_policy
            WHERE polrelid = to_regclass(format('metaads.%I', tenant_table)) AND polname = 'tenant_isolation'
        ) THEN
            EXECUTE format('ALTER TABLE metaads.%I ENABLE ROW LEVEL SECURITY', tenant_table);
            EXECUTE format('ALTER TABLE metaads.%I FORCE ROW LEVEL SECURITY', tenant_table);
            EXECUTE format(
                'CREATE POLICY tenant_isolation ON metaads.%I'
                ' USING (tenant_id = nullif(current_setting(''metaads.tenant_id'', true), '''')::integer)',
                tenant_table
            );
        END IF;
    END LOOP;
END
$$;
