-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- The leads would be asked for again.
DO $$
BEGIN
    IF to_regclass('metaads.unresolved_leads') IS NOT NULL THEN
        DROP TABLE metaads.unresolved_leads;
    END IF;
END
$$;
