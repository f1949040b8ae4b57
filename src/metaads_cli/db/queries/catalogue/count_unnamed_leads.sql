-- How many leads of these ads have no campaign name.
SELECT count(*)
FROM public.leads AS lead
WHERE lead.tenant_id = %(tenant_id)s
  AND lead.acquisition_source = 'META_ADS'
  AND lead.meta_campaign_id IS NULL
  AND lead.meta_ad_id = ANY (%(ad_ids)s)
