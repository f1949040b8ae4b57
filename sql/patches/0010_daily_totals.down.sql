-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- Sums of the insights, which stay.
DO $$
BEGIN
    IF to_regclass('metaads.daily_totals') IS NOT NULL THEN
        DROP TABLE metaads.daily_totals;
    END IF;
END
$$;
