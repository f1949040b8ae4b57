SELECT 'metaads.daily_totals' AS check,
       coalesce(bool_and(c.relrowsecurity AND c.relforcerowsecurity), false) AS ok,
       'the table must exist and its tenants be isolated' AS detail
FROM pg_catalog.pg_class AS c
WHERE c.oid = to_regclass('metaads.daily_totals');
