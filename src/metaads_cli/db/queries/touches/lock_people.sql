-- The host may write to these rows at the same time. The order avoids deadlocks; NO KEY leaves appointments free to
-- refer to them meanwhile.
SELECT patient.id
FROM public.patients AS patient
WHERE patient.tenant_id = %(tenant_id)s
  AND patient.id IN (
      SELECT event.patient_id
      FROM pg_temp.staged_touches AS staged
      JOIN metaads.referral_events AS event
          ON event.tenant_id = %(tenant_id)s
          AND event.channel = staged.channel AND event.event_id = staged.event_id
      WHERE event.from_ad
  )
ORDER BY patient.id
FOR NO KEY UPDATE
