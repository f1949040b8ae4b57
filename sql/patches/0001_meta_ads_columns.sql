-- metaads: mode=tx when=public.patients lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- Attribution of a patient to a Meta ad. A constant default adds a column without rewriting the table; the guards
-- read the catalogue and take no lock on patients. A host that already has a column keeps it as it is.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.patients'::regclass AND attname = 'acquisition_source' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.patients ADD COLUMN acquisition_source varchar(50) NOT NULL DEFAULT 'ORGANIC';
    END IF;

    -- Holds the campaign's name, not its id: the host's screens read it so.
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.patients'::regclass AND attname = 'meta_campaign_id' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.patients ADD COLUMN meta_campaign_id varchar(255);
    END IF;

    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.patients'::regclass AND attname = 'meta_ad_id' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.patients ADD COLUMN meta_ad_id varchar(255);
    END IF;

    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.patients'::regclass AND attname = 'meta_ad_headline' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.patients ADD COLUMN meta_ad_headline text;
    END IF;

    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.patients'::regclass AND attname = 'meta_ad_body' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.patients ADD COLUMN meta_ad_body text;
    END IF;
END
$$;
