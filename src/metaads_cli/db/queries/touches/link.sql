-- Link each touch to the one person with its number, or say why it is held.
-- Deleted people are never matched, so nothing is written to them.
UPDATE metaads.referral_events AS event
SET patient_id = found.patient_id,
    held_reason = found.held_reason
FROM (
    SELECT held.channel, held.event_id,
           CASE WHEN count(patient.id) FILTER (WHERE NOT patient.deleted) = 1
                THEN min(patient.id) FILTER (WHERE NOT patient.deleted) END AS patient_id,
           CASE WHEN count(patient.id) FILTER (WHERE NOT patient.deleted) = 1 THEN NULL
                WHEN held.contact_phone IS NULL THEN 'no_phone'
                WHEN count(patient.id) FILTER (WHERE NOT patient.deleted) > 1 THEN 'several_contacts'
                WHEN count(patient.id) > 0 THEN 'contact_deleted'
                ELSE 'unknown_contact' END AS held_reason
    FROM pg_temp.staged_touches AS staged
    JOIN metaads.referral_events AS held
        ON held.tenant_id = %(tenant_id)s AND held.channel = staged.channel AND held.event_id = staged.event_id
    LEFT JOIN LATERAL (
        SELECT p.id, coalesce(p.status = 'deleted', false) AS deleted
        FROM public.patients AS p
        WHERE p.tenant_id = %(tenant_id)s AND p.phone_number IN (held.contact_phone, '+' || held.contact_phone)
    ) AS patient ON true
    GROUP BY held.channel, held.event_id, held.contact_phone
) AS found
WHERE event.tenant_id = %(tenant_id)s
  AND event.channel = found.channel
  AND event.event_id = found.event_id
  AND (found.patient_id IS NOT NULL OR event.held_reason IS DISTINCT FROM found.held_reason)
