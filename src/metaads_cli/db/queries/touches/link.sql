-- Touches that were held get the person that is known by now, or the reason that holds today.
UPDATE metaads.referral_events AS event
SET patient_id = staged.patient_id,
    held_reason = staged.held_reason
FROM pg_temp.staged_touches AS staged
WHERE staged.is_known
  AND event.tenant_id = %(tenant_id)s
  AND event.channel = staged.channel
  AND event.event_id = staged.event_id
  AND event.patient_id IS NULL
  AND (staged.patient_id IS NOT NULL OR event.held_reason IS DISTINCT FROM staged.held_reason)
