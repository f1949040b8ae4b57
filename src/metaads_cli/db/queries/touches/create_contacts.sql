-- A person who is not known yet becomes a guest, under the number and the name of the earliest touch.
INSERT INTO public.patients (tenant_id, phone_number, first_name, status)
SELECT DISTINCT ON (event.contact_phone)
    %(tenant_id)s::integer, event.contact_phone, left(coalesce(event.contact_name, event.contact_phone), 100), 'guest'
FROM pg_temp.staged_touches AS staged
JOIN metaads.referral_events AS event
    ON event.tenant_id = %(tenant_id)s AND event.channel = staged.channel AND event.event_id = staged.event_id
WHERE event.contact_phone IS NOT NULL
  -- One equality each: "IN (a, b)" of two expressions is neither hashed nor looked up.
  AND NOT EXISTS (
      SELECT FROM public.patients AS patient
      WHERE patient.tenant_id = %(tenant_id)s AND patient.phone_number = event.contact_phone
  )
  AND NOT EXISTS (
      SELECT FROM public.patients AS patient
      WHERE patient.tenant_id = %(tenant_id)s AND patient.phone_number = '+' || event.contact_phone
  )
ORDER BY event.contact_phone, event.occurred_at, event.event_id
ON CONFLICT DO NOTHING
