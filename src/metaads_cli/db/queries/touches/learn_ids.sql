-- Ids that came with a number say who writes under them later without one. What a person has of a kind stays.
WITH learned AS (
    SELECT DISTINCT ON (staged.patient_id, known.kind)
        staged.patient_id, known.kind, known.identifier
    FROM pg_temp.staged_touches AS staged
    CROSS JOIN LATERAL jsonb_each_text(staged.contact_ids) AS known (kind, identifier)
    WHERE staged.patient_id IS NOT NULL AND staged.contact_key IS NOT NULL
    ORDER BY staged.patient_id, known.kind, staged.occurred_at, staged.channel, staged.event_id
),
given AS (
    SELECT patient_id, jsonb_object_agg(kind, identifier) AS ids FROM learned GROUP BY patient_id
)
UPDATE public.patients AS patient
SET external_ids = given.ids || coalesce(patient.external_ids, '{}'), updated_at = now()
FROM given
WHERE patient.tenant_id = %(tenant_id)s
  AND patient.id = given.patient_id
  AND jsonb_typeof(coalesce(patient.external_ids, '{}')) = 'object'
  AND (given.ids || coalesce(patient.external_ids, '{}')) <> coalesce(patient.external_ids, '{}')
