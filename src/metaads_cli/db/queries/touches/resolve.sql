-- The one person with the number of each touch that has none yet, or why it is held. Deleted people are never matched,
-- so nothing is written to them. Each way of storing a number is one equality, so that it can be hashed or looked up;
-- what is stored in none of them was read into odd_phones.
WITH contact AS (
    SELECT DISTINCT staged.contact_key
    FROM pg_temp.staged_touches AS staged
    WHERE staged.patient_id IS NULL AND staged.contact_key IS NOT NULL
),
written AS (
    SELECT contact_key, contact_key AS digits FROM contact
    UNION ALL
    SELECT contact_key, '54' || substr(contact_key, 4) FROM contact WHERE contact_key ~ '^549[0-9]{10}$'
    UNION ALL
    SELECT contact_key, '52' || substr(contact_key, 4) FROM contact WHERE contact_key ~ '^521[0-9]{10}$'
    UNION ALL
    SELECT contact_key, left(contact_key, 4) || substr(contact_key, 6) FROM contact
    WHERE contact_key ~ '^55[0-9]{2}9[0-9]{8}$'
),
candidate AS (
    SELECT written.contact_key, patient.id, coalesce(patient.status = 'deleted', false) AS deleted
    FROM written
    JOIN public.patients AS patient
        ON patient.tenant_id = %(tenant_id)s AND patient.phone_number = written.digits
    UNION
    SELECT written.contact_key, patient.id, coalesce(patient.status = 'deleted', false)
    FROM written
    JOIN public.patients AS patient
        ON patient.tenant_id = %(tenant_id)s AND patient.phone_number = '+' || written.digits
    UNION
    SELECT contact.contact_key, patient.id, coalesce(patient.status = 'deleted', false)
    FROM contact
    JOIN pg_temp.odd_phones AS odd
        ON odd.tenant_id = %(tenant_id)s AND odd.contact_key = contact.contact_key
    JOIN public.patients AS patient
        ON patient.tenant_id = %(tenant_id)s AND patient.id = odd.patient_id
        AND patient.phone_number = odd.phone_number
),
found AS (
    SELECT contact_key,
           min(id) FILTER (WHERE NOT deleted) AS patient_id,
           count(*) FILTER (WHERE NOT deleted) AS people
    FROM candidate
    GROUP BY contact_key
)
UPDATE pg_temp.staged_touches AS staged
SET patient_id = CASE WHEN found.people = 1 THEN found.patient_id END,
    held_reason = CASE
        WHEN touch.contact_key IS NULL THEN 'no_phone'
        WHEN found.people IS NULL THEN 'unknown_contact'
        WHEN found.people = 0 THEN 'contact_deleted'
        WHEN found.people > 1 THEN 'several_contacts'
    END
FROM pg_temp.staged_touches AS touch
LEFT JOIN found ON found.contact_key = touch.contact_key
WHERE staged.channel = touch.channel
  AND staged.event_id = touch.event_id
  AND staged.patient_id IS NULL
