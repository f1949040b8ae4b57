-- Stored rows of the slice that Meta did not return: restated to nothing.
DELETE FROM metaads.insights AS known
WHERE known.tenant_id = %(tenant_id)s
  AND known.account_id = %(account_id)s
  AND known.entity_type = %(entity_type)s
  AND known.day BETWEEN %(since)s AND %(until)s
  AND CASE %(ids_of)s::text
          WHEN 'campaign' THEN known.campaign_id = ANY (%(ids)s::text[])
          WHEN 'adset' THEN known.adset_id = ANY (%(ids)s::text[])
          WHEN 'ad' THEN known.ad_id = ANY (%(ids)s::text[])
          ELSE true
      END
  AND NOT EXISTS (
      SELECT FROM {staging} AS staged
      WHERE staged.tenant_id = known.tenant_id
        AND staged.entity_id = known.entity_id AND staged.day = known.day
  )
