-- When each account was last synced without a fault.
SELECT account_id, max(finished_at)
FROM metaads.sync_runs
WHERE tenant_id = %(tenant_id)s AND success
GROUP BY account_id
