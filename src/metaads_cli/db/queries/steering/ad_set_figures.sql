-- What ad sets spent and brought over some days.
SELECT entity_id, count(*) FILTER (WHERE spend > 0), coalesce(sum(spend), 0), coalesce(sum(conversions), 0)
FROM metaads.insights
WHERE tenant_id = %(tenant_id)s
  AND account_id = %(account_id)s
  AND entity_type = 'adset'
  AND entity_id = ANY (%(ids)s::text[])
  AND day BETWEEN %(since)s AND %(until)s
GROUP BY entity_id
