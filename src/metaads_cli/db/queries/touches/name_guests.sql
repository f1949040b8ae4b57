-- A guest bears the name of the earliest touch, whichever arrived first; only a name that came from a touch is replaced.
UPDATE public.patients AS patient
SET first_name = earliest.name,
    updated_at = now()
FROM (
    SELECT DISTINCT ON (event.patient_id)
        event.patient_id, left(coalesce(event.contact_name, event.contact_key, event.contact_phone), 100) AS name
    FROM (
        SELECT DISTINCT staged.patient_id
        FROM pg_temp.staged_touches AS staged
        WHERE staged.patient_id IS NOT NULL AND NOT staged.is_created
    ) AS touched
    JOIN metaads.referral_events AS event
        ON event.tenant_id = %(tenant_id)s AND event.patient_id = touched.patient_id
    ORDER BY event.patient_id, event.occurred_at, event.channel, event.event_id
) AS earliest
WHERE patient.tenant_id = %(tenant_id)s
  AND patient.id = earliest.patient_id
  AND patient.status = 'guest'
  AND patient.first_name <> earliest.name
  AND EXISTS (
      SELECT FROM metaads.referral_events AS known
      WHERE known.tenant_id = %(tenant_id)s
        AND known.patient_id = earliest.patient_id
        AND left(coalesce(known.contact_name, known.contact_key, known.contact_phone), 100) = patient.first_name
  )
