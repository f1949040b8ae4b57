-- Ads with figures in these days that the catalogue lacks, unless Meta was asked for them lately.
SELECT DISTINCT seen.entity_id
FROM metaads.insights AS seen
WHERE seen.tenant_id = %(tenant_id)s
  AND seen.account_id = %(account_id)s
  AND seen.entity_type = 'ad'
  AND seen.day BETWEEN %(since)s AND %(until)s
  AND NOT EXISTS (SELECT FROM metaads.ads WHERE tenant_id = seen.tenant_id AND ad_id = seen.entity_id)
  AND NOT EXISTS (
      SELECT FROM metaads.unresolved_ads
      WHERE tenant_id = seen.tenant_id AND ad_id = seen.entity_id AND ask_again_at > now()
  )
ORDER BY 1
