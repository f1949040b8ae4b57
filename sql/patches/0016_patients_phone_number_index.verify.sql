SELECT 'public.idx_patients_phone_number' AS check,
       coalesce(bool_and(i.indisvalid AND pg_get_indexdef(i.indexrelid) =
           'CREATE INDEX idx_patients_phone_number ON public.patients USING btree (tenant_id, phone_number)'), false) AS ok,
       coalesce(string_agg(CASE WHEN i.indisvalid THEN '' ELSE 'INVALID: ' END || pg_get_indexdef(i.indexrelid), ''),
           'missing') AS detail
FROM pg_catalog.pg_index AS i
WHERE i.indexrelid = to_regclass('public.idx_patients_phone_number');
