-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=no
-- Their rights in this database go; the roles themselves where no other database gives them any and they may be dropped.
DO $$
DECLARE
    role_name name;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['metaads_admin', 'metaads_manager', 'metaads_analyst'] LOOP
        IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA metaads REVOKE ALL ON TABLES FROM %I', role_name);
            EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA metaads FROM %I', role_name);
            EXECUTE format('REVOKE ALL ON SCHEMA metaads FROM %I', role_name);
            BEGIN
                EXECUTE format('DROP ROLE %I', role_name);
            EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
                RAISE NOTICE 'The role % stays: it has rights elsewhere, or % may not drop roles', role_name, current_user;
            END;
        END IF;
    END LOOP;
END
$$;
