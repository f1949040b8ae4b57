-- On request only: bring the names that metaads wrote in step with the catalogue.
UPDATE public.patients AS patient
SET meta_campaign_id = left(campaign.name, 255),
    updated_at = now()
FROM metaads.ads AS ad
JOIN metaads.campaigns AS campaign
    ON campaign.tenant_id = ad.tenant_id AND campaign.campaign_id = ad.campaign_id
WHERE ad.tenant_id = %(tenant_id)s
  AND patient.tenant_id = %(tenant_id)s
  AND patient.meta_ad_id = ad.ad_id
  AND patient.acquisition_source = 'META_ADS'
  AND patient.meta_campaign_id <> left(campaign.name, 255)
