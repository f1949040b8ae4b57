-- metaads: mode=tx when=public.leads lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- Indexes on them go with the columns. What the host itself wrote into them is lost too.
DO $$
DECLARE
    added name;
BEGIN
    FOR added IN
        SELECT attname FROM pg_catalog.pg_attribute
        WHERE attrelid = to_regclass('public.leads') AND NOT attisdropped
          AND attname IN ('acquisition_source', 'meta_campaign_id', 'meta_ad_id', 'meta_ad_headline', 'meta_ad_body')
    LOOP
        EXECUTE format('ALTER TABLE public.leads DROP COLUMN %I', added);
    END LOOP;
END
$$;
