-- First touch: the earliest ad touch of each person in the batch, whichever arrived last. Written where nobody has
-- attributed the person, or where metaads itself wrote another touch and the host has not changed it since.
-- The campaign's name belongs to the ad: with another ad it is cleared, and enriched again.
WITH touched AS (
    SELECT matched.person_id
    FROM pg_temp.matched_touches AS matched
    WHERE matched.from_ad AND matched.person_id IS NOT NULL AND NOT matched.is_created
    UNION
    SELECT matched.was_person
    FROM pg_temp.matched_touches AS matched
    WHERE matched.was_person IS NOT NULL
),
earliest AS (
    SELECT touched.person_id, first.channel, first.event_id, first.ad_id, first.headline, first.body
    FROM touched
    CROSS JOIN LATERAL (
        SELECT event.channel, event.event_id, event.ad_id, event.headline, event.body
        FROM metaads.referral_events AS event
        WHERE event.tenant_id = %(tenant_id)s AND event.{person_id} = touched.person_id AND event.from_ad
        ORDER BY event.occurred_at, event.channel, event.event_id
        LIMIT 1
    ) AS first
),
written AS (
    UPDATE {people} AS person
    SET acquisition_source = 'META_ADS',
        meta_ad_id = earliest.ad_id,
        meta_ad_headline = earliest.headline,
        meta_ad_body = earliest.body,
        meta_campaign_id = CASE WHEN ours.event_id IS NULL OR ours.ad_id IS NOT DISTINCT FROM earliest.ad_id
                                THEN person.meta_campaign_id END,
        updated_at = now()
    FROM earliest
    LEFT JOIN LATERAL (
        SELECT event.channel, event.event_id, event.ad_id, event.headline, event.body
        FROM {attributions} AS attribution
        JOIN metaads.referral_events AS event
            ON event.tenant_id = %(tenant_id)s
            AND event.channel = attribution.channel AND event.event_id = attribution.event_id
        WHERE attribution.tenant_id = %(tenant_id)s AND attribution.{person_id} = earliest.person_id
        OFFSET 0
    ) AS ours ON true
    WHERE person.tenant_id = %(tenant_id)s
      AND person.id = ANY (ARRAY(SELECT touched.person_id FROM touched))  -- else all of the tenant may be read
      AND person.id = earliest.person_id
      AND (
          coalesce(person.acquisition_source, 'ORGANIC') = 'ORGANIC'
          OR (
              (ours.channel, ours.event_id) <> (earliest.channel, earliest.event_id)
              AND person.acquisition_source IS NOT DISTINCT FROM 'META_ADS'
              AND person.meta_ad_id IS NOT DISTINCT FROM ours.ad_id
              AND person.meta_ad_headline IS NOT DISTINCT FROM ours.headline
              AND person.meta_ad_body IS NOT DISTINCT FROM ours.body
          )
      )
    RETURNING person.id, earliest.channel, earliest.event_id
)
INSERT INTO {attributions} (tenant_id, {person_id}, channel, event_id)
SELECT %(tenant_id)s::integer, written.id, written.channel, written.event_id FROM written
ON CONFLICT (tenant_id, {person_id}) DO UPDATE SET channel = excluded.channel, event_id = excluded.event_id
