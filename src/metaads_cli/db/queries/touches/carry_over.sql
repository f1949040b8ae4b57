-- Before a touch is told more of: the people who are attributed by it, and still say what it said, say what it will.
WITH carried AS MATERIALIZED (
    SELECT attribution.person_id, event.ad_id, event.headline, event.body,
           {merged_ad_id} AS merged_ad_id, {merged_headline} AS merged_headline, {merged_body} AS merged_body
    FROM pg_temp.matched_touches AS matched
    JOIN pg_temp.staged_touches AS staged ON staged.n = matched.n
    CROSS JOIN LATERAL (
        SELECT known.channel, known.event_id, known.ad_id, known.headline, known.body, known.{person_id} AS person_id
        FROM metaads.referral_events AS known
        WHERE known.tenant_id = %(tenant_id)s AND known.channel = matched.channel AND known.event_id = matched.event_id
        OFFSET 0
    ) AS event
    CROSS JOIN LATERAL (
        SELECT ours.{person_id} AS person_id
        FROM {attributions} AS ours
        WHERE ours.tenant_id = %(tenant_id)s AND ours.{person_id} = event.person_id
          AND ours.channel = event.channel AND ours.event_id = event.event_id
        OFFSET 0
    ) AS attribution
    WHERE matched.is_changed
)
UPDATE {people} AS person
SET meta_ad_id = carried.merged_ad_id,
    meta_ad_headline = carried.merged_headline,
    meta_ad_body = carried.merged_body,
    meta_campaign_id = CASE WHEN carried.ad_id IS NOT DISTINCT FROM carried.merged_ad_id THEN person.meta_campaign_id END,
    updated_at = now()
FROM carried
WHERE person.tenant_id = %(tenant_id)s
  AND person.id = carried.person_id
  AND person.acquisition_source IS NOT DISTINCT FROM 'META_ADS'
  AND person.meta_ad_id IS NOT DISTINCT FROM carried.ad_id
  AND person.meta_ad_headline IS NOT DISTINCT FROM carried.headline
  AND person.meta_ad_body IS NOT DISTINCT FROM carried.body
