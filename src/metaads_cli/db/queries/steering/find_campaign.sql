-- The campaign that has this id at Meta.
SELECT campaign_key
FROM metaads.orchestration_nodes
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s AND kind = 'campaign' AND state = 'made'
  AND meta_id = %(meta_id)s
ORDER BY campaign_key
LIMIT 1
