-- The host's screens read the campaign's name from meta_campaign_id. A name that is there is never overwritten; headline
-- and body are the ad as the person saw it, and are not touched.
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
  AND patient.meta_campaign_id IS NULL
