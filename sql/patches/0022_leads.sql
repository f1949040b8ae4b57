-- metaads: mode=tx when=public.tenants lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- The CRM's parche 16: its table of leads, or the columns that an older one lacks. A column that is added has no value
-- for the leads that are there: when they were created is not known. Attribution is 0008's.
DO $$
DECLARE
    added record;
BEGIN
    IF to_regclass('public.leads') IS NULL THEN
        -- Never in a clinic: see 0022_leads.when.sql.
        IF to_regclass('public.patients') IS NOT NULL OR coalesce(
            to_regclass('public.opportunities'), to_regclass('public.sales_transactions'),
            to_regclass('public.meta_tokens')
        ) IS NULL THEN
            RETURN;
        END IF;
        CREATE TABLE public.leads (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            tenant_id integer NOT NULL,
            first_name varchar(100),
            last_name varchar(100),
            phone_number text NOT NULL,
            email varchar(255),
            status varchar(50) DEFAULT 'new',
            source varchar(50),
            created_at timestamptz DEFAULT now(),
            updated_at timestamptz DEFAULT now(),
            CONSTRAINT leads_tenant_id_phone_number_key UNIQUE (tenant_id, phone_number)
        );
        COMMENT ON TABLE public.leads IS 'Made by metaads, patch 0022';
    END IF;

    FOR added IN
        SELECT expected.name, expected.type, expected.value
        FROM (VALUES
            ('first_name', 'varchar(100)', NULL), ('last_name', 'varchar(100)', NULL), ('email', 'varchar(255)', NULL),
            ('status', 'varchar(50)', '''new'''), ('source', 'varchar(50)', NULL),
            ('created_at', 'timestamptz', 'now()'), ('updated_at', 'timestamptz', 'now()')
        ) AS expected (name, type, value)
        WHERE NOT EXISTS (
            SELECT FROM pg_catalog.pg_attribute
            WHERE attrelid = 'public.leads'::regclass AND attname = expected.name AND NOT attisdropped
        )
    LOOP
        EXECUTE format('ALTER TABLE public.leads ADD COLUMN %I %s', added.name, added.type);
        IF added.value IS NOT NULL THEN
            EXECUTE format('ALTER TABLE public.leads ALTER COLUMN %I SET DEFAULT %s', added.name, added.value);
        END IF;
    END LOOP;
END
$$;
