-- How many people of these ads have no campaign name.
SELECT count(*)
FROM {people} AS person
WHERE person.tenant_id = %(tenant_id)s
  AND person.acquisition_source = 'META_ADS'
  AND person.meta_campaign_id IS NULL
  AND person.meta_ad_id = ANY (%(ad_ids)s)
