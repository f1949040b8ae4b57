-- Every object of a campaign key that was ever begun.
SELECT kind, node_key, marker, meta_id, status, applied, state
FROM metaads.orchestration_nodes
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s AND campaign_key = %(campaign_key)s
