SELECT 'metaads.' || t.name AS check,
       coalesce(c.relrowsecurity AND c.relforcerowsecurity, false) AS ok,
       'the table must exist and its tenants be isolated' AS detail
FROM (VALUES ('orchestrations'), ('orchestration_nodes'), ('orchestration_steps'), ('media')) AS t (name)
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass('metaads.' || t.name);
