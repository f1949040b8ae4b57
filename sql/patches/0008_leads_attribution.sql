-- metaads: mode=tx when=public.leads lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- Attribution of a lead to a Meta ad: for CRM hosts what 0001 is for patients. The patch relies on no constraint of
-- leads. A host that already has a column keeps it as it is.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.leads'::regclass AND attname = 'acquisition_source' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.leads ADD COLUMN acquisition_source varchar(50) NOT NULL DEFAULT 'ORGANIC';
    END IF;

    -- Holds the campaign's name, not its id, as in patients.
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.leads'::regclass AND attname = 'meta_campaign_id' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.leads ADD COLUMN meta_campaign_id varchar(255);
    END IF;

    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.leads'::regclass AND attname = 'meta_ad_id' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.leads ADD COLUMN meta_ad_id varchar(255);
    END IF;

    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.leads'::regclass AND attname = 'meta_ad_headline' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.leads ADD COLUMN meta_ad_headline text;
    END IF;

    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.leads'::regclass AND attname = 'meta_ad_body' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.leads ADD COLUMN meta_ad_body text;
    END IF;
END
$$;
