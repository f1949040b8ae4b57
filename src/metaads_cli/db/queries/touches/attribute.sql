-- First touch: the earliest ad touch of each person in the batch, whichever arrived last. Written where nobody has
-- attributed the person, or where metaads itself wrote another touch and the host has not changed it since.
-- The campaign's name belongs to the ad: with another ad it is cleared, and enriched again.
WITH touched AS (
    SELECT DISTINCT staged.patient_id
    FROM pg_temp.staged_touches AS staged
    WHERE staged.from_ad AND staged.patient_id IS NOT NULL AND NOT staged.is_created
),
earliest AS (
    SELECT DISTINCT ON (event.patient_id)
        event.patient_id, event.channel, event.event_id, event.ad_id, event.headline, event.body
    FROM touched
    JOIN metaads.referral_events AS event
        ON event.tenant_id = %(tenant_id)s AND event.patient_id = touched.patient_id
    WHERE event.from_ad
    ORDER BY event.patient_id, event.occurred_at, event.channel, event.event_id
),
written AS (
    UPDATE public.patients AS patient
    SET acquisition_source = 'META_ADS',
        meta_ad_id = earliest.ad_id,
        meta_ad_headline = earliest.headline,
        meta_ad_body = earliest.body,
        meta_campaign_id = CASE WHEN ours.event_id IS NULL OR ours.ad_id IS NOT DISTINCT FROM earliest.ad_id
                                THEN patient.meta_campaign_id END,
        updated_at = now()
    FROM earliest
    -- Tables, not a subquery: whatever the planner guesses, each is one look-up by its key.
    LEFT JOIN metaads.attributions AS attribution
        ON attribution.tenant_id = %(tenant_id)s AND attribution.patient_id = earliest.patient_id
    LEFT JOIN metaads.referral_events AS ours
        ON ours.tenant_id = %(tenant_id)s
        AND ours.channel = attribution.channel AND ours.event_id = attribution.event_id
    WHERE patient.tenant_id = %(tenant_id)s
      AND patient.id = earliest.patient_id
      AND (
          patient.acquisition_source IS NULL
          OR patient.acquisition_source = 'ORGANIC'
          OR (
              (ours.channel, ours.event_id) <> (earliest.channel, earliest.event_id)
              AND patient.acquisition_source = 'META_ADS'
              AND patient.meta_ad_id IS NOT DISTINCT FROM ours.ad_id
              AND patient.meta_ad_headline IS NOT DISTINCT FROM ours.headline
              AND patient.meta_ad_body IS NOT DISTINCT FROM ours.body
          )
      )
    RETURNING patient.id, earliest.channel, earliest.event_id
)
INSERT INTO metaads.attributions (tenant_id, patient_id, channel, event_id)
SELECT %(tenant_id)s::integer, written.id, written.channel, written.event_id FROM written
ON CONFLICT (tenant_id, patient_id) DO UPDATE SET channel = excluded.channel, event_id = excluded.event_id
