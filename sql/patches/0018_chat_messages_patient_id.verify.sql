-- A host that has the column already may have it as a bigint.
SELECT 'public.chat_messages.patient_id' AS check,
       coalesce(bool_and(format_type(a.atttypid, a.atttypmod) IN ('integer', 'bigint')), false) AS ok,
       format('is %s; expected integer', coalesce(string_agg(format_type(a.atttypid, a.atttypmod), ''), 'missing'))
           AS detail
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = 'public.chat_messages'::regclass AND a.attname = 'patient_id' AND NOT a.attisdropped;
