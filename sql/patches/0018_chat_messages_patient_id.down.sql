-- metaads: mode=tx when=public.chat_messages lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- Its index goes with the column.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = to_regclass('public.chat_messages') AND attname = 'patient_id' AND NOT attisdropped
    ) THEN
        ALTER TABLE public.chat_messages DROP COLUMN patient_id;
    END IF;
END
$$;
