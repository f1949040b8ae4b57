-- metaads: mode=tx when=public.meta_tokens lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- The CRM's parche 37: the page that a token is for.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.meta_tokens'::regclass AND attname = 'page_id' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.meta_tokens ADD COLUMN page_id varchar(255);
    END IF;
END
$$;
