-- A table of the host's own stays what it is; one of ours begins its key with the tenant.
SELECT format('public.%s', expected.name) AS check,
       CASE WHEN obj_description(c.oid, 'pg_class') = 'Made by metaads, patch 0031'
           THEN 'tenant_id' = (
               SELECT a.attname FROM pg_catalog.pg_index AS i
               JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
               WHERE i.indrelid = c.oid AND i.indisprimary
           )
       ELSE c.oid IS NOT NULL END AS ok,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'its primary key must begin with tenant_id' END AS detail
FROM unnest(ARRAY['opportunities', 'sales_transactions']) AS expected (name)
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass('public.' || expected.name);
