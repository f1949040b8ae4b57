SELECT 'metaads.' || t.name AS check,
       coalesce(c.relrowsecurity AND c.relforcerowsecurity, false) AS ok,
       'the table must exist and its tenants be isolated' AS detail
FROM (VALUES ('sync_accounts'), ('sync_days'), ('sync_shapes')) AS t (name)
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass('metaads.' || t.name)
UNION ALL
SELECT format('metaads.%s.%s', t.name, t.column_name),
       a.attname IS NOT NULL,
       'the column must exist'
FROM (VALUES
    ('insights', 'conversion_action'), ('insights', 'revenue_action'), ('sync_runs', 'began_at')
) AS t (name, column_name)
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = to_regclass('metaads.' || t.name) AND a.attname = t.column_name AND NOT a.attisdropped;
