-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- Who may do what in schema metaads: analysts read the figures, but no contact data; managers write all but the
-- accounts; admins those too. Which tenant's rows is the policies' matter. A table of the host is the host's to grant.
-- Roles belong to the whole server: those that another database has made already are used. Run the file with psql as
-- somebody who may create roles where this one may not: it does only what is missing.
DO $$
DECLARE
    wanted constant name[] := ARRAY['metaads_admin', 'metaads_manager', 'metaads_analyst'];
    role_name name;
    relation record;
    readable text;
BEGIN
    IF (SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname = ANY (wanted)) < cardinality(wanted)
        AND NOT (SELECT rolsuper OR rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        -- Where nobody else works with the tables, as on an embedded server, nobody misses them.
        IF EXISTS (
            SELECT FROM pg_catalog.pg_roles AS other
            JOIN pg_catalog.pg_class AS c ON has_table_privilege(other.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
            WHERE other.rolcanlogin AND NOT other.rolsuper AND other.rolname <> current_user
              AND c.relnamespace IN (to_regnamespace('public'), to_regnamespace('metaads')) AND c.relkind IN ('r', 'p')
        ) THEN
            RAISE NOTICE
                'The roles metaads_admin, metaads_manager and metaads_analyst were not made: % may not create roles',
                current_user;
        END IF;
        RETURN;
    END IF;
    FOREACH role_name IN ARRAY wanted LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database's patches were first
            END;
        END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA metaads TO %I', role_name);
    END LOOP;

    FOR relation IN
        SELECT c.relname, c.relkind IN ('r', 'p') AND EXISTS (
                   SELECT FROM pg_catalog.pg_attribute AS a
                   WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
               ) AS of_tenants
        FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = 'metaads'::regnamespace AND c.relkind IN ('r', 'p', 'v')
    LOOP
        EXECUTE format('GRANT SELECT ON metaads.%I TO metaads_admin, metaads_manager', relation.relname);
        IF relation.of_tenants THEN
            EXECUTE format('GRANT INSERT, UPDATE, DELETE ON metaads.%I TO metaads_admin', relation.relname);
        END IF;
        IF relation.of_tenants AND relation.relname <> 'accounts' THEN
            EXECUTE format('GRANT INSERT, UPDATE, DELETE ON metaads.%I TO metaads_manager', relation.relname);
        END IF;
        -- Column by column, so that a column of contact data that comes later is not readable by itself.
        SELECT string_agg(quote_ident(a.attname), ', ') INTO readable
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = format('metaads.%I', relation.relname)::regclass AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attname NOT LIKE 'contact\_%' AND a.attname NOT IN ('referral', 'identifier', 'token_ref');
        EXECUTE format('GRANT SELECT (%s) ON metaads.%I TO metaads_analyst', readable, relation.relname);
    END LOOP;
    -- Where an ingest goes on: of files, not of tenants.
    IF to_regclass('metaads.ingest_progress') IS NOT NULL THEN
        GRANT INSERT, UPDATE, DELETE ON metaads.ingest_progress TO metaads_admin, metaads_manager;
    END IF;
    -- The owner of the tables works as before.
    IF NOT pg_has_role(current_user, 'metaads_admin', 'MEMBER') THEN
        BEGIN
            EXECUTE format('GRANT metaads_admin TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'To work with campaigns, % needs: GRANT metaads_admin TO %', current_user, current_user;
        END;
    END IF;
    -- What later patches make. What analysts may read of it, those patches say.
    ALTER DEFAULT PRIVILEGES IN SCHEMA metaads
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO metaads_admin, metaads_manager;
END
$$;
