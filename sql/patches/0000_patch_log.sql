-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- The schema metaads and its history of patches: first, so that every patch writes its own row in its own transaction.
DO $$
BEGIN
    IF to_regnamespace('metaads') IS NULL THEN
        CREATE SCHEMA metaads;
    END IF;

    IF to_regclass('metaads.patch_log') IS NULL THEN
        CREATE TABLE metaads.patch_log (
            log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            run_id uuid NOT NULL,
            patch text NOT NULL,
            checksum text NOT NULL,
            action text NOT NULL CONSTRAINT patch_log_action
                CHECK (action IN ('started', 'applied', 'failed', 'adopted', 'reverted')),
            logged_at timestamptz NOT NULL DEFAULT now(),
            duration_ms bigint,
            attempts bigint,
            lock_wait_ms bigint,
            sqlstate text,
            notices text[],
            blockers jsonb,
            tool_version text NOT NULL,
            server_version text NOT NULL,
            role_name text NOT NULL DEFAULT current_user
        );
        -- Append-only, for the owner as well: there is no policy for UPDATE and DELETE.
        ALTER TABLE metaads.patch_log ENABLE ROW LEVEL SECURITY;
        ALTER TABLE metaads.patch_log FORCE ROW LEVEL SECURITY;
        CREATE POLICY patch_log_read ON metaads.patch_log FOR SELECT USING (true);
        CREATE POLICY patch_log_append ON metaads.patch_log FOR INSERT WITH CHECK (true);
    END IF;
END
$$;
