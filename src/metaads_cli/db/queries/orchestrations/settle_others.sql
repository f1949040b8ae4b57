-- Lost changes that did not arrive; lost creations are looked for one by one.
UPDATE metaads.orchestration_steps
SET state = 'not_applied', finished_at = now()
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s AND campaign_key = %(campaign_key)s
  AND state = 'intended' AND action <> 'create'
