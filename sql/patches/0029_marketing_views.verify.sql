-- A table of the host's own stays what it is; a view of ours reads with the reader's rights.
SELECT format('public.%s', expected.name) AS check,
       CASE WHEN c.oid IS NULL THEN expected.is_view AND current_setting('server_version_num')::integer < 150000
       WHEN obj_description(c.oid, 'pg_class') = 'Made by metaads, patch 0029' AND c.relkind = 'v'
           THEN coalesce(c.reloptions @> ARRAY['security_invoker=true', 'security_barrier=true'], false)
       ELSE true END AS ok,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'the view must read with the rights of who reads it' END AS detail
FROM (VALUES ('meta_ads_campaigns', true), ('meta_ads_insights', true), ('meta_templates', false))
    AS expected (name, is_view)
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass('public.' || expected.name);
