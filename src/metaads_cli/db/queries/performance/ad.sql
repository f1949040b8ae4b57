-- What the catalogue knows of an ad and its creative.
SELECT ad.name, ad.status, ad.effective_status, ad.creative_id, creative.title, creative.body,
       creative.call_to_action_type, creative.thumbnail_url, creative.object_story_spec
FROM metaads.ads AS ad
LEFT JOIN metaads.creatives AS creative
    ON creative.tenant_id = ad.tenant_id AND creative.creative_id = ad.creative_id
WHERE ad.tenant_id = %(tenant_id)s AND ad.ad_id = %(entity_id)s
