-- Before a touch is told more of: the people who are attributed by it, and still say what it said, say what it will.
UPDATE {people} AS person
SET meta_ad_id = {merged_ad_id},
    meta_ad_headline = {merged_headline},
    meta_ad_body = {merged_body},
    meta_campaign_id = CASE WHEN event.ad_id IS NOT DISTINCT FROM {merged_ad_id} THEN person.meta_campaign_id END,
    updated_at = now()
FROM pg_temp.matched_touches AS matched
JOIN pg_temp.staged_touches AS staged ON staged.n = matched.n
JOIN metaads.referral_events AS event
    ON event.tenant_id = %(tenant_id)s AND event.channel = matched.channel AND event.event_id = matched.event_id
JOIN {attributions} AS attribution
    ON attribution.tenant_id = %(tenant_id)s AND attribution.{person_id} = event.{person_id}
    AND attribution.channel = event.channel AND attribution.event_id = event.event_id
WHERE matched.is_changed
  AND person.tenant_id = %(tenant_id)s
  AND person.id = event.{person_id}
  AND person.acquisition_source = 'META_ADS'
  AND person.meta_ad_id IS NOT DISTINCT FROM event.ad_id
  AND person.meta_ad_headline IS NOT DISTINCT FROM event.headline
  AND person.meta_ad_body IS NOT DISTINCT FROM event.body
