-- Every campaign of the account that is known, by the catalogue or by its figures.
SELECT campaign_id FROM metaads.campaigns WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s
UNION
SELECT entity_id FROM metaads.insights
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND entity_type = 'campaign'
ORDER BY 1
