SELECT format('metaads.%s', expected.name) AS check,
       coalesce(c.relrowsecurity AND c.relforcerowsecurity AND p.polname IS NOT NULL
                AND 'tenant_id' = (
                    SELECT a.attname FROM pg_catalog.pg_index AS i
                    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                    WHERE i.indrelid = c.oid AND i.indisprimary), false) AS ok,
       'the table must exist, its primary key begin with tenant_id, its tenants be isolated' AS detail
FROM unnest(ARRAY[
    'accounts', 'referral_events', 'attributions', 'campaigns', 'adsets', 'ads', 'creatives', 'insights', 'sync_runs'
]) AS expected (name)
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(format('metaads.%I', expected.name))
LEFT JOIN pg_catalog.pg_policy AS p ON p.polrelid = c.oid AND p.polname = 'tenant_isolation';
