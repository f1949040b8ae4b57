-- People whose touches turned out to be of somebody else, and who have no other touch by an ad: what metaads wrote is
-- taken back, where the host has not changed it since.
WITH bereft AS (
    SELECT DISTINCT matched.was_person AS person_id
    FROM pg_temp.matched_touches AS matched
    WHERE matched.was_person IS NOT NULL
      AND NOT EXISTS (
          SELECT FROM metaads.referral_events AS event
          WHERE event.tenant_id = %(tenant_id)s AND event.{person_id} = matched.was_person AND event.from_ad
      )
),
withdrawn AS (
    DELETE FROM {attributions} AS attribution
    USING bereft
    WHERE attribution.tenant_id = %(tenant_id)s AND attribution.{person_id} = bereft.person_id
    RETURNING attribution.{person_id} AS person_id, attribution.channel, attribution.event_id
)
UPDATE {people} AS person
SET acquisition_source = 'ORGANIC',
    meta_ad_id = NULL,
    meta_ad_headline = NULL,
    meta_ad_body = NULL,
    meta_campaign_id = NULL,
    updated_at = now()
FROM withdrawn
JOIN metaads.referral_events AS ours
    ON ours.tenant_id = %(tenant_id)s
    AND ours.channel = withdrawn.channel AND ours.event_id = withdrawn.event_id
WHERE person.tenant_id = %(tenant_id)s
  AND person.id = withdrawn.person_id
  AND person.acquisition_source IS NOT DISTINCT FROM 'META_ADS'
  AND person.meta_ad_id IS NOT DISTINCT FROM ours.ad_id
  AND person.meta_ad_headline IS NOT DISTINCT FROM ours.headline
  AND person.meta_ad_body IS NOT DISTINCT FROM ours.body
