-- What the catalogue and the figures know by this id: (level, account, campaign, ad set).
SELECT 'campaign', account_id, campaign_id, NULL AS adset_id
FROM metaads.campaigns WHERE tenant_id = %(tenant_id)s AND campaign_id = %(entity_id)s
UNION
SELECT 'adset', account_id, campaign_id, adset_id
FROM metaads.adsets WHERE tenant_id = %(tenant_id)s AND adset_id = %(entity_id)s
UNION
SELECT 'ad', account_id, campaign_id, adset_id
FROM metaads.ads WHERE tenant_id = %(tenant_id)s AND ad_id = %(entity_id)s
UNION
SELECT entity_type, account_id, campaign_id, adset_id
FROM metaads.insights WHERE tenant_id = %(tenant_id)s AND entity_id = %(entity_id)s
