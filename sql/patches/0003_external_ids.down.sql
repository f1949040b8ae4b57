-- metaads: mode=tx when=public.patients lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- Indexes on them go with the columns. What the host itself wrote into them is lost too.
DO $$
DECLARE
    added name;
BEGIN
    IF to_regclass('public.idx_patients_external_ids') IS NOT NULL THEN
        RAISE NOTICE 'Its index idx_patients_external_ids goes too. Roll 0004 back as well: then migrate builds it again';
    END IF;
    FOR added IN
        SELECT attname FROM pg_catalog.pg_attribute
        WHERE attrelid = to_regclass('public.patients') AND NOT attisdropped
          AND attname IN ('external_ids')
    LOOP
        EXECUTE format('ALTER TABLE public.patients DROP COLUMN %I', added);
    END LOOP;
END
$$;
