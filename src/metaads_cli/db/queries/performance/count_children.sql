-- How many ad sets and ads a campaign or an ad set has, by the catalogue and the figures, without deleted ones.
WITH known AS (
    SELECT 'adset' AS level, adset_id AS id FROM metaads.adsets
    WHERE tenant_id = %(tenant_id)s AND campaign_id = %(entity_id)s
    UNION
    SELECT 'ad', ad_id FROM metaads.ads
    WHERE tenant_id = %(tenant_id)s AND (campaign_id = %(entity_id)s OR adset_id = %(entity_id)s)
    UNION
    SELECT entity_type, entity_id FROM metaads.insights
    WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND entity_type IN ('adset', 'ad')
      AND entity_id <> %(entity_id)s AND (campaign_id = %(entity_id)s OR adset_id = %(entity_id)s)
      AND day BETWEEN %(since)s AND %(until)s
)
SELECT count(*) FILTER (WHERE level = 'adset'), count(*) FILTER (WHERE level = 'ad')
FROM known
WHERE NOT EXISTS (
          SELECT FROM metaads.adsets
          WHERE tenant_id = %(tenant_id)s AND level = 'adset' AND adset_id = known.id AND effective_status = 'DELETED'
      )
  AND NOT EXISTS (
          SELECT FROM metaads.ads
          WHERE tenant_id = %(tenant_id)s AND level = 'ad' AND ad_id = known.id AND effective_status = 'DELETED'
      )
