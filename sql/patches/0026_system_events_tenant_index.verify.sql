SELECT 'public.idx_system_events_tenant' AS check,
       coalesce(bool_and(i.indisvalid AND pg_get_indexdef(i.indexrelid) =
           'CREATE INDEX idx_system_events_tenant ON public.system_events USING btree (tenant_id, created_at)'),
           false) AS ok,
       coalesce(string_agg(CASE WHEN i.indisvalid THEN '' ELSE 'INVALID: ' END || pg_get_indexdef(i.indexrelid), ''),
           'missing') AS detail
FROM pg_catalog.pg_index AS i
WHERE i.indexrelid = to_regclass('public.idx_system_events_tenant');
