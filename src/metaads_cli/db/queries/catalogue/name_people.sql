-- The host's screens read the campaign's name from meta_campaign_id. A name that is there is overwritten on request
-- only, where the catalogue has another; headline and body are the ad as the person saw it, and are not touched.
UPDATE {people} AS person
SET meta_campaign_id = left(campaign.name, 255),
    updated_at = now()
FROM metaads.ads AS ad
JOIN metaads.campaigns AS campaign
    ON campaign.tenant_id = ad.tenant_id AND campaign.campaign_id = ad.campaign_id
WHERE ad.tenant_id = %(tenant_id)s
  AND person.tenant_id = %(tenant_id)s
  AND person.meta_ad_id = ad.ad_id
  AND person.acquisition_source = 'META_ADS'
  AND (person.meta_campaign_id IS NULL OR (%(rename)s AND person.meta_campaign_id <> left(campaign.name, 255)))
