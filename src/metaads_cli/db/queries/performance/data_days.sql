-- The last day of each account whose campaigns were read.
SELECT account_id, max(day)
FROM metaads.sync_days
WHERE tenant_id = %(tenant_id)s AND entity_type = 'campaign'
GROUP BY account_id
