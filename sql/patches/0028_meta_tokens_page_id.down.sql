-- metaads: mode=tx when=public.meta_tokens lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = to_regclass('public.meta_tokens') AND attname = 'page_id' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.meta_tokens DROP COLUMN page_id;
    END IF;
END
$$;
