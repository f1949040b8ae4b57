-- metaads: mode=tx when=public.system_events lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- The CRM's parche 35, audit events by tenant. The older shape (severity, message, payload, occurred_at) gets the
-- columns of the newer one beside its own; 0025 fills them. No default for the time while rows are there that are older.
DO $$
DECLARE
    added record;
    kind_of_users text := coalesce((
        SELECT format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute
        WHERE attrelid = to_regclass('public.users') AND attname = 'id' AND NOT attisdropped
    ), 'uuid');
BEGIN
    FOR added IN
        SELECT expected.name, expected.type
        FROM (VALUES
            ('tenant_id', 'integer'), ('user_id', kind_of_users), ('event_type', 'varchar(100)'),
            ('description', 'text'), ('metadata', 'jsonb'), ('created_at', 'timestamptz')
        ) AS expected (name, type)
        WHERE NOT EXISTS (
            SELECT FROM pg_catalog.pg_attribute
            WHERE attrelid = 'public.system_events'::regclass AND attname = expected.name AND NOT attisdropped
        )
    LOOP
        EXECUTE format('ALTER TABLE public.system_events ADD COLUMN %I %s', added.name, added.type);
        IF added.name = 'created_at' THEN
            ALTER TABLE public.system_events ALTER COLUMN created_at SET DEFAULT now();
        END IF;
    END LOOP;
END
$$;
