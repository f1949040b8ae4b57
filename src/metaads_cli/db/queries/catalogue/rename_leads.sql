-- On request only, as rename_patients.
UPDATE public.leads AS lead
SET meta_campaign_id = left(campaign.name, 255),
    updated_at = now()
FROM metaads.ads AS ad
JOIN metaads.campaigns AS campaign
    ON campaign.tenant_id = ad.tenant_id AND campaign.campaign_id = ad.campaign_id
WHERE ad.tenant_id = %(tenant_id)s
  AND lead.tenant_id = %(tenant_id)s
  AND lead.meta_ad_id = ad.ad_id
  AND lead.acquisition_source = 'META_ADS'
  AND lead.meta_campaign_id <> left(campaign.name, 255)
