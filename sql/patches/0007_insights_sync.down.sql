-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- The insights stay; which days of them are complete is forgotten.
DO $$
BEGIN
    IF to_regclass('metaads.sync_shapes') IS NOT NULL THEN
        DROP TABLE metaads.sync_shapes;
    END IF;
    IF to_regclass('metaads.sync_days') IS NOT NULL THEN
        DROP TABLE metaads.sync_days;
    END IF;
    IF to_regclass('metaads.sync_accounts') IS NOT NULL THEN
        DROP TABLE metaads.sync_accounts;
    END IF;
    ALTER TABLE metaads.insights DROP COLUMN IF EXISTS conversion_action, DROP COLUMN IF EXISTS revenue_action;
    ALTER TABLE metaads.sync_runs DROP COLUMN IF EXISTS began_at;
END
$$;
