-- Objects whose deletion was begun, and has no known outcome.
SELECT kind, node_key
FROM metaads.orchestration_steps
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s AND campaign_key = %(campaign_key)s
  AND state = 'intended' AND action = 'delete'
