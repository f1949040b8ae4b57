-- The outcome of a write.
UPDATE metaads.orchestration_steps
SET state = %(state)s, meta_id = coalesce(%(meta_id)s, meta_id), error = %(error)s, finished_at = now()
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s AND campaign_key = %(campaign_key)s AND step_id = %(step_id)s
