-- What the catalogue knows of an ad set.
SELECT name, status, effective_status, optimization_goal, billing_event, destination_type, daily_budget,
       lifetime_budget, targeting
FROM metaads.adsets
WHERE tenant_id = %(tenant_id)s AND adset_id = %(entity_id)s
