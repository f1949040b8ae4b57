-- How a run ended.
UPDATE metaads.orchestrations
SET run_state = %(run_state)s, finished_at = now()
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s AND campaign_key = %(campaign_key)s
