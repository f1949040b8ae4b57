-- The keys of all campaigns that were ever begun.
SELECT campaign_key
FROM metaads.orchestrations
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s
ORDER BY campaign_key
