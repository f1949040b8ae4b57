-- The additive metrics of a level, by day.
SELECT day, sum(spend), sum(impressions), sum(clicks)
FROM metaads.insights
WHERE tenant_id = %(tenant_id)s
  AND account_id = %(account_id)s
  AND entity_type = %(entity_type)s
  AND day = ANY (%(days)s::date[])
GROUP BY day
