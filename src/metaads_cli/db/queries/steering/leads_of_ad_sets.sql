-- Leads of a CRM by the ad sets that they came from, by the moment of their creation.
SELECT ad.adset_id, count(*)
FROM public.leads AS lead
JOIN metaads.ads AS ad ON ad.tenant_id = %(tenant_id)s AND ad.ad_id = lead.meta_ad_id
WHERE lead.tenant_id = %(tenant_id)s
  AND lead.acquisition_source = 'META_ADS'
  AND coalesce(lead.status, '') <> 'deleted'
  AND ad.adset_id = ANY (%(ids)s::text[])
  AND lead.created_at >= %(since)s
  AND lead.created_at < %(until)s
GROUP BY ad.adset_id
