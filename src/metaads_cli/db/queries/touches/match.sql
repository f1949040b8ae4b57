-- Whom each staged touch is of, by its phone, or why that is not known. One look-up of a key for each, whatever the
-- planner guesses of the tables. Touches that have a person were matched when they came, and are left alone.
INSERT INTO pg_temp.matched_touches (
    n, channel, event_id, occurred_at, contact_key, contact_ids, from_ad, person_id, held_reason, was_person, is_known,
    is_changed
)
SELECT
    staged.n, staged.channel, staged.event_id, staged.occurred_at, staged.contact_key, staged.contact_ids,
    staged.from_ad,
    CASE WHEN found.people = 1 THEN found.person_id END,
    CASE
        WHEN staged.contact_key IS NULL THEN 'no_phone'
        WHEN found.people > 1 THEN 'several_contacts'
        WHEN found.people = 0 AND found.deleted > 0 THEN 'contact_deleted'
        WHEN found.people = 0 THEN 'unknown_contact'
    END,
    known.person_id,
    known.is_held IS NOT NULL,
    coalesce(known.is_changed, false)
FROM pg_temp.staged_touches AS staged
LEFT JOIN LATERAL (
    SELECT event.{person_id} AS person_id, event.held_reason IS NOT NULL AS is_held, {changed} AS is_changed
    FROM metaads.referral_events AS event
    WHERE event.tenant_id = %(tenant_id)s
      AND event.channel = staged.channel
      AND event.event_id = staged.event_id
    OFFSET 0
) AS known ON true
LEFT JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE NOT person.is_deleted) AS people,
        count(*) FILTER (WHERE person.is_deleted) AS deleted,
        (array_agg(person.id) FILTER (WHERE NOT person.is_deleted))[1] AS person_id
    FROM ({people_by_phone staged.contact_key}) AS person
) AS found ON true
WHERE staged.n > %(after)s
  AND (known.person_id IS NULL OR known.is_changed OR staged.is_again)
