-- metaads: mode=tx when=public.system_events lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- Only in the older shape, where the patch has added them: in the newer one they are the host's.
DO $$
DECLARE
    added name;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = to_regclass('public.system_events') AND attname = 'occurred_at' AND NOT attisdropped
    ) THEN
        RETURN;
    END IF;
    FOR added IN
        SELECT attname FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.system_events'::regclass AND NOT attisdropped
          AND attname IN ('tenant_id', 'user_id', 'description', 'metadata', 'created_at')
    LOOP
        EXECUTE format('ALTER TABLE public.system_events DROP COLUMN %I', added);
    END LOOP;
END
$$;
