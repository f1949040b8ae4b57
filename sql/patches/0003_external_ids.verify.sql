SELECT 'public.patients.external_ids' AS check,
       coalesce(bool_and(format_type(a.atttypid, a.atttypmod) = 'jsonb'), false) AS ok,
       format('is %s; expected jsonb', coalesce(string_agg(format_type(a.atttypid, a.atttypmod), ''), 'missing'))
           AS detail
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = 'public.patients'::regclass AND a.attname = 'external_ids' AND NOT a.attisdropped;
