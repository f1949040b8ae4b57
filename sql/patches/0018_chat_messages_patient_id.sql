-- metaads: mode=tx when=public.chat_messages lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- Whose message it is. No foreign key: the host deletes patients as it did before.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.chat_messages'::regclass AND attname = 'patient_id' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.chat_messages ADD COLUMN patient_id integer;
    END IF;
END
$$;
