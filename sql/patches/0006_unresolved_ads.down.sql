-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- The ads would be asked for again.
DO $$
BEGIN
    IF to_regclass('metaads.unresolved_ads') IS NOT NULL THEN
        DROP TABLE metaads.unresolved_ads;
    END IF;
END
$$;
