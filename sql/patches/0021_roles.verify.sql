-- Without the right to create roles, and without the roles, the patch was skipped with a notice.
SELECT format('role %s', expected.name) AS check,
       CASE WHEN complete.there THEN coalesce(
           has_schema_privilege(r.oid, 'metaads', 'USAGE')
           AND has_column_privilege(r.oid, 'metaads.insights', 'spend', 'SELECT')
           AND has_table_privilege(r.oid, 'metaads.insights', 'UPDATE') = expected.writes
           AND has_table_privilege(r.oid, 'metaads.accounts', 'UPDATE') = expected.manages
           AND has_column_privilege(r.oid, 'metaads.referral_events', 'contact_phone', 'SELECT') = expected.writes, false)
       ELSE NOT complete.possible END AS ok,
       CASE WHEN complete.there THEN 'its privileges in schema metaads must be those of the patch'
       ELSE 'the role is missing, and this role may create it' END AS detail
FROM (VALUES
    ('metaads_admin', true, true), ('metaads_manager', true, false), ('metaads_analyst', false, false)
) AS expected (name, writes, manages)
LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname = expected.name
CROSS JOIN (
    SELECT (SELECT count(*) = 3 FROM pg_catalog.pg_roles
            WHERE rolname IN ('metaads_admin', 'metaads_manager', 'metaads_analyst')) AS there,
           (SELECT rolsuper OR rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user) AS possible
) AS complete;
