-- How many patients of these ads have no campaign name.
SELECT count(*)
FROM public.patients AS patient
WHERE patient.tenant_id = %(tenant_id)s
  AND patient.acquisition_source = 'META_ADS'
  AND patient.meta_campaign_id IS NULL
  AND patient.meta_ad_id = ANY (%(ad_ids)s)
