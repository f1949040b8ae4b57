-- Touches that have a person were settled when they were linked: they are done with.
DELETE FROM pg_temp.staged_touches AS staged
USING metaads.referral_events AS event
WHERE event.tenant_id = %(tenant_id)s
  AND event.channel = staged.channel
  AND event.event_id = staged.event_id
  AND event.patient_id IS NOT NULL
