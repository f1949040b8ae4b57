-- metaads: mode=tx when=public.patients lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- Ids of a person at other channels (Messenger, Instagram, usernames), for people without a phone number.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.patients'::regclass AND attname = 'external_ids' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.patients ADD COLUMN external_ids jsonb DEFAULT '{}'::jsonb;
    END IF;
END
$$;
