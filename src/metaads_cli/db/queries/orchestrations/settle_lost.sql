-- The outcome of writes whose run ended before they did.
UPDATE metaads.orchestration_steps
SET state = %(state)s, meta_id = coalesce(%(meta_id)s, meta_id), finished_at = now()
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s AND campaign_key = %(campaign_key)s
  AND kind = %(kind)s AND node_key = %(node_key)s AND state = 'intended'
