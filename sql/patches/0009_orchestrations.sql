-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- The journal of campaigns made from files: what exists at Meta, and every write with its intent before and its outcome
-- after. Simulated and real objects have rows of their own.
DO $$
DECLARE
    tenant_table text;
BEGIN
    IF to_regclass('metaads.orchestrations') IS NULL THEN
        CREATE TABLE metaads.orchestrations (
            tenant_id integer NOT NULL,
            data_source text NOT NULL CONSTRAINT orchestrations_data_source CHECK (data_source IN ('live', 'stub')),
            campaign_key text NOT NULL,
            account_id text NOT NULL,
            currency text NOT NULL,
            run_state text NOT NULL CONSTRAINT orchestrations_run_state
                CHECK (run_state IN ('applying', 'done', 'failed', 'deleted')),
            run_id uuid NOT NULL,
            source text NOT NULL,
            started_at timestamptz NOT NULL,
            finished_at timestamptz,
            PRIMARY KEY (tenant_id, data_source, campaign_key)
        );
    END IF;

    -- One object at Meta. `applied` is what was asked for last, with references to other nodes by their keys.
    IF to_regclass('metaads.orchestration_nodes') IS NULL THEN
        CREATE TABLE metaads.orchestration_nodes (
            tenant_id integer NOT NULL,
            data_source text NOT NULL,
            campaign_key text NOT NULL,
            kind text NOT NULL CONSTRAINT orchestration_nodes_kind
                CHECK (kind IN ('campaign', 'adset', 'creative', 'ad')),
            node_key text NOT NULL,
            marker text NOT NULL,
            meta_id text,
            status text NOT NULL,
            applied jsonb NOT NULL,
            state text NOT NULL CONSTRAINT orchestration_nodes_state CHECK (state IN ('intended', 'made', 'deleted')),
            updated_at timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, data_source, campaign_key, kind, node_key),
            CONSTRAINT orchestration_nodes_made CHECK (state <> 'made' OR meta_id IS NOT NULL)
        );
    END IF;

    IF to_regclass('metaads.orchestration_steps') IS NULL THEN
        CREATE TABLE metaads.orchestration_steps (
            tenant_id integer NOT NULL,
            step_id uuid NOT NULL,
            data_source text NOT NULL,
            campaign_key text NOT NULL,
            run_id uuid NOT NULL,
            kind text NOT NULL,
            node_key text NOT NULL,
            action text NOT NULL CONSTRAINT orchestration_steps_action
                CHECK (action IN ('create', 'update', 'activate', 'pause', 'delete')),
            request jsonb NOT NULL,
            request_hash text NOT NULL,
            state text NOT NULL CONSTRAINT orchestration_steps_state
                CHECK (state IN ('intended', 'done', 'adopted', 'refused', 'not_applied')),
            meta_id text,
            error text,
            intended_at timestamptz NOT NULL,
            finished_at timestamptz,
            PRIMARY KEY (tenant_id, step_id),
            CONSTRAINT orchestration_steps_finished CHECK ((state = 'intended') = (finished_at IS NULL))
        );
        CREATE INDEX orchestration_steps_node
            ON metaads.orchestration_steps (tenant_id, data_source, campaign_key, intended_at);
    END IF;

    -- Images and videos, each uploaded once per account, by their content.
    IF to_regclass('metaads.media') IS NULL THEN
        CREATE TABLE metaads.media (
            tenant_id integer NOT NULL,
            data_source text NOT NULL,
            account_id text NOT NULL,
            media_kind text NOT NULL CONSTRAINT media_media_kind CHECK (media_kind IN ('image', 'video')),
            content_hash text NOT NULL,
            meta_id text,
            intended_at timestamptz NOT NULL,
            finished_at timestamptz,
            PRIMARY KEY (tenant_id, data_source, account_id, media_kind, content_hash)
        );
    END IF;

    FOREACH tenant_table IN ARRAY ARRAY['orchestrations', 'orchestration_nodes', 'orchestration_steps', 'media'] LOOP
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
