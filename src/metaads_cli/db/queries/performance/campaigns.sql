-- The catalogue's campaigns.
SELECT campaign_id, account_id, name, coalesce(effective_status, status)
FROM metaads.campaigns
WHERE tenant_id = %(tenant_id)s
