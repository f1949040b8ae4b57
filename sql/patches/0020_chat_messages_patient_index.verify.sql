SELECT 'public.idx_chat_messages_patient' AS check,
       coalesce(bool_and(i.indisvalid AND pg_get_indexdef(i.indexrelid) =
           'CREATE INDEX idx_chat_messages_patient ON public.chat_messages'
           ' USING btree (tenant_id, patient_id, created_at) WHERE (patient_id IS NOT NULL)'), false) AS ok,
       coalesce(string_agg(CASE WHEN i.indisvalid THEN '' ELSE 'INVALID: ' END || pg_get_indexdef(i.indexrelid), ''),
           'missing') AS detail
FROM pg_catalog.pg_index AS i
WHERE i.indexrelid = to_regclass('public.idx_chat_messages_patient');
