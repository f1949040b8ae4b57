-- One object's figures, day by day.
SELECT day, currency, spend, impressions, clicks, conversions, revenue, ctr, cpc, roas, cost_per_conversion, reach,
       frequency, unique_clicks, fetched_at
FROM metaads.insights
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND entity_type = %(entity_type)s
  AND entity_id = %(entity_id)s AND day BETWEEN %(since)s AND %(until)s
ORDER BY day
