SELECT 'metaads.unresolved_leads' AS check,
       coalesce(bool_and(c.relrowsecurity AND c.relforcerowsecurity), false) AS ok,
       'the table must exist and its tenants be isolated' AS detail
FROM pg_catalog.pg_class AS c
WHERE c.oid = to_regclass('metaads.unresolved_leads');
