-- What each object of a level did and cost over some days of the account, by currency. Only what adds up is added.
SELECT entity_id, currency, min(adset_id), sum(spend), sum(impressions)::bigint, sum(clicks)::bigint,
       sum(conversions), sum(revenue)
FROM metaads.insights
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND entity_type = %(entity_type)s
  AND day BETWEEN %(since)s AND %(until)s
GROUP BY entity_id, currency
