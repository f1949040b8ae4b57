-- metaads: mode=tx when=public.patients lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- Indexes on them go with the columns. What the host itself wrote into them is lost too.
DO $$
DECLARE
    added name;
BEGIN
    IF to_regclass('public.idx_patients_acquisition_source') IS NOT NULL THEN
        RAISE NOTICE 'Its index idx_patients_acquisition_source goes too. Roll 0002 back as well: then migrate builds it again';
    END IF;
    FOR added IN
        SELECT attname FROM pg_catalog.pg_attribute
        WHERE attrelid = to_regclass('public.patients') AND NOT attisdropped
          AND attname IN ('acquisition_source', 'meta_campaign_id', 'meta_ad_id', 'meta_ad_headline', 'meta_ad_body')
    LOOP
        EXECUTE format('ALTER TABLE public.patients DROP COLUMN %I', added);
    END LOOP;
END
$$;
