-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- The objects at Meta stay; metaads no longer knows that it has made them, and would make them again.
DO $$
BEGIN
    IF to_regclass('metaads.orchestration_steps') IS NOT NULL THEN
        DROP TABLE metaads.orchestration_steps;
    END IF;
    IF to_regclass('metaads.orchestration_nodes') IS NOT NULL THEN
        DROP TABLE metaads.orchestration_nodes;
    END IF;
    IF to_regclass('metaads.orchestrations') IS NOT NULL THEN
        DROP TABLE metaads.orchestrations;
    END IF;
    IF to_regclass('metaads.media') IS NOT NULL THEN
        DROP TABLE metaads.media;
    END IF;
END
$$;
