-- The ads that patients came from.
SELECT DISTINCT patient.meta_ad_id
FROM public.patients AS patient
WHERE patient.tenant_id = %(tenant_id)s
  AND patient.acquisition_source = 'META_ADS'
  AND patient.meta_ad_id IS NOT NULL
