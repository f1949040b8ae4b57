-- The one person with the number of each touch that has none yet, or why it is held. Deleted people are never matched,
-- so nothing is written to them. The number is looked up with and without a plus, each by an equality that can be
-- hashed.
WITH contact AS (
    SELECT DISTINCT staged.contact_phone
    FROM pg_temp.staged_touches AS staged
    WHERE staged.patient_id IS NULL AND staged.contact_phone IS NOT NULL
),
candidate AS (
    SELECT contact.contact_phone, patient.id, coalesce(patient.status = 'deleted', false) AS deleted
    FROM contact
    JOIN public.patients AS patient
        ON patient.tenant_id = %(tenant_id)s AND patient.phone_number = contact.contact_phone
    UNION ALL
    SELECT contact.contact_phone, patient.id, coalesce(patient.status = 'deleted', false) AS deleted
    FROM contact
    JOIN public.patients AS patient
        ON patient.tenant_id = %(tenant_id)s AND patient.phone_number = '+' || contact.contact_phone
),
found AS (
    SELECT contact_phone,
           min(id) FILTER (WHERE NOT deleted) AS patient_id,
           count(*) FILTER (WHERE NOT deleted) AS people
    FROM candidate
    GROUP BY contact_phone
)
UPDATE pg_temp.staged_touches AS staged
SET patient_id = CASE WHEN found.people = 1 THEN found.patient_id END,
    held_reason = CASE
        WHEN touch.contact_phone IS NULL THEN 'no_phone'
        WHEN found.people IS NULL THEN 'unknown_contact'
        WHEN found.people = 0 THEN 'contact_deleted'
        WHEN found.people > 1 THEN 'several_contacts'
    END
FROM pg_temp.staged_touches AS touch
LEFT JOIN found ON found.contact_phone = touch.contact_phone
WHERE staged.channel = touch.channel
  AND staged.event_id = touch.event_id
  AND staged.patient_id IS NULL
