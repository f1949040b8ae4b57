-- A person's touches, the earliest first, with the present names of their ads' ad sets and campaigns.
SELECT touch.from_ad, touch.occurred_at, touch.channel, touch.ad_id, touch.headline, campaign.name AS campaign_name,
       adset.name AS adset_name
FROM metaads.referral_events AS touch
LEFT JOIN metaads.ads AS ad ON ad.tenant_id = touch.tenant_id AND ad.ad_id = touch.ad_id
LEFT JOIN metaads.adsets AS adset ON adset.tenant_id = ad.tenant_id AND adset.adset_id = ad.adset_id
LEFT JOIN metaads.campaigns AS campaign
    ON campaign.tenant_id = ad.tenant_id AND campaign.campaign_id = ad.campaign_id
WHERE touch.tenant_id = %(tenant_id)s AND touch.{person_id} = %(person)s::{person_type}
ORDER BY touch.occurred_at, touch.channel, touch.event_id
