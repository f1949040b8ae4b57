SELECT 'public.meta_tokens.page_id' AS check,
       coalesce(bool_and(format_type(a.atttypid, NULL) IN ('character varying', 'text')), false) AS ok,
       format('is %s; expected character varying(255)',
              coalesce(string_agg(format_type(a.atttypid, a.atttypmod), ''), 'missing')) AS detail
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = 'public.meta_tokens'::regclass AND a.attname = 'page_id' AND NOT a.attisdropped;
