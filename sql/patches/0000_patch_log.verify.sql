SELECT 'metaads.patch_log is append-only' AS check,
       coalesce(bool_and(c.relrowsecurity AND c.relforcerowsecurity), false) AS ok,
       'row level security must be enabled and forced on metaads.patch_log' AS detail
FROM pg_catalog.pg_class AS c
WHERE c.oid = to_regclass('metaads.patch_log');
