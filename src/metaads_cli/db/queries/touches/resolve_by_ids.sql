-- People without a number that is known: by the ids that the host, or an earlier touch with a number, gave them.
WITH identified AS (
    SELECT DISTINCT staged.channel, staged.event_id, patient.id
    FROM pg_temp.staged_touches AS staged
    CROSS JOIN LATERAL jsonb_each_text(staged.contact_ids) AS known (kind, identifier)
    JOIN public.patients AS patient
        ON patient.tenant_id = %(tenant_id)s
        AND patient.external_ids @> jsonb_build_object(known.kind, known.identifier)
        AND coalesce(patient.status, '') <> 'deleted'
    WHERE staged.held_reason IN ('no_phone', 'unknown_contact')
),
found AS (
    SELECT channel, event_id, min(id) AS patient_id, count(*) AS people FROM identified GROUP BY channel, event_id
)
UPDATE pg_temp.staged_touches AS staged
SET patient_id = CASE WHEN found.people = 1 THEN found.patient_id END,
    held_reason = CASE WHEN found.people > 1 THEN 'several_contacts' END
FROM found
WHERE staged.channel = found.channel AND staged.event_id = found.event_id
