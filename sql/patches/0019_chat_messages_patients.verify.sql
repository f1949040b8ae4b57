-- Nothing of the rows: the host writes messages while they are looked at, and links of its own.
SELECT 'public.chat_messages.patient_id' AS check,
       coalesce(bool_and(format_type(a.atttypid, NULL) = ANY (ARRAY['integer', 'bigint'])), false) AS ok,
       format('is %s', coalesce(string_agg(format_type(a.atttypid, a.atttypmod), ''), 'missing')) AS detail
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = to_regclass('public.chat_messages') AND a.attname = 'patient_id' AND NOT a.attisdropped;
