-- Link each touch to the one person with its number, or say why it is held. Deleted people are never matched, so nothing
-- is written to them. The number is looked up with and without a plus, each by an equality that can be hashed.
WITH batch AS (
    SELECT held.channel, held.event_id, held.contact_phone
    FROM pg_temp.staged_touches AS staged
    JOIN metaads.referral_events AS held
        ON held.tenant_id = %(tenant_id)s AND held.channel = staged.channel AND held.event_id = staged.event_id
),
candidate AS (
    SELECT batch.channel, batch.event_id, patient.id, coalesce(patient.status = 'deleted', false) AS deleted
    FROM batch
    JOIN public.patients AS patient
        ON patient.tenant_id = %(tenant_id)s AND patient.phone_number = batch.contact_phone
    UNION ALL
    SELECT batch.channel, batch.event_id, patient.id, coalesce(patient.status = 'deleted', false) AS deleted
    FROM batch
    JOIN public.patients AS patient
        ON patient.tenant_id = %(tenant_id)s AND patient.phone_number = '+' || batch.contact_phone
),
found AS (
    SELECT batch.channel, batch.event_id,
           CASE WHEN count(candidate.id) FILTER (WHERE NOT candidate.deleted) = 1
                THEN min(candidate.id) FILTER (WHERE NOT candidate.deleted) END AS patient_id,
           CASE WHEN count(candidate.id) FILTER (WHERE NOT candidate.deleted) = 1 THEN NULL
                WHEN batch.contact_phone IS NULL THEN 'no_phone'
                WHEN count(candidate.id) FILTER (WHERE NOT candidate.deleted) > 1 THEN 'several_contacts'
                WHEN count(candidate.id) > 0 THEN 'contact_deleted'
                ELSE 'unknown_contact' END AS held_reason
    FROM batch
    LEFT JOIN candidate ON candidate.channel = batch.channel AND candidate.event_id = batch.event_id
    GROUP BY batch.channel, batch.event_id, batch.contact_phone
)
UPDATE metaads.referral_events AS event
SET patient_id = found.patient_id,
    held_reason = found.held_reason
FROM found
WHERE event.tenant_id = %(tenant_id)s
  AND event.channel = found.channel
  AND event.event_id = found.event_id
  AND (found.patient_id IS NOT NULL OR event.held_reason IS DISTINCT FROM found.held_reason)
