-- The names of an ad set's ads.
SELECT ad_id, name
FROM metaads.ads
WHERE tenant_id = %(tenant_id)s AND adset_id = %(entity_id)s
