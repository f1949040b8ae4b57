SELECT 'metaads.touch_ids' AS check,
       coalesce(bool_and(c.relrowsecurity AND c.relforcerowsecurity AND p.polname IS NOT NULL), false) AS ok,
       'the table must exist, and its tenants be isolated' AS detail
FROM pg_catalog.pg_class AS c
LEFT JOIN pg_catalog.pg_policy AS p ON p.polrelid = c.oid AND p.polname = 'tenant_isolation'
WHERE c.oid = to_regclass('metaads.touch_ids');
