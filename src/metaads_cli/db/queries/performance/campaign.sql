-- What the catalogue knows of a campaign.
SELECT name, status, effective_status, objective, daily_budget, lifetime_budget
FROM metaads.campaigns
WHERE tenant_id = %(tenant_id)s AND campaign_id = %(entity_id)s
