-- The ads that people came from.
SELECT DISTINCT person.meta_ad_id
FROM {people} AS person
WHERE person.tenant_id = %(tenant_id)s
  AND person.acquisition_source = 'META_ADS'
  AND person.meta_ad_id IS NOT NULL
