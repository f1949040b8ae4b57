-- Nothing of the rows: some events do not tell their tenant, and the host writes more while they are looked at.
SELECT 'public.system_events.tenant_id' AS check,
       coalesce(bool_and(format_type(a.atttypid, NULL) = ANY (ARRAY['integer', 'bigint'])), false) AS ok,
       format('is %s', coalesce(string_agg(format_type(a.atttypid, a.atttypmod), ''), 'missing')) AS detail
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = to_regclass('public.system_events') AND a.attname = 'tenant_id' AND NOT a.attisdropped;
