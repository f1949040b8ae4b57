-- The ads that leads came from.
SELECT DISTINCT lead.meta_ad_id
FROM public.leads AS lead
WHERE lead.tenant_id = %(tenant_id)s
  AND lead.acquisition_source = 'META_ADS'
  AND lead.meta_ad_id IS NOT NULL
