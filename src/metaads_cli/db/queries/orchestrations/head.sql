-- The last run of a campaign key.
SELECT account_id, currency, run_state, run_id
FROM metaads.orchestrations
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s AND campaign_key = %(campaign_key)s
