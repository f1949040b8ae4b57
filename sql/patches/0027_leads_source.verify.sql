-- Nothing of the rows: the host may write another spelling while they are looked at.
SELECT 'public.leads.source' AS check,
       coalesce(bool_and(format_type(a.atttypid, NULL) = ANY (ARRAY['character varying', 'text'])), false) AS ok,
       format('is %s', coalesce(string_agg(format_type(a.atttypid, a.atttypmod), ''), 'missing')) AS detail
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = to_regclass('public.leads') AND a.attname = 'source' AND NOT a.attisdropped;
