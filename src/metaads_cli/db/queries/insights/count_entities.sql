-- How many objects of each level have figures in these days.
SELECT entity_type, count(DISTINCT entity_id)
FROM metaads.insights
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND day BETWEEN %(since)s AND %(until)s
GROUP BY entity_type
