-- Touches that were kept before and have no person yet: they are matched again.
UPDATE pg_temp.staged_touches AS staged
SET is_known = true
FROM metaads.referral_events AS event
WHERE event.tenant_id = %(tenant_id)s
  AND event.channel = staged.channel
  AND event.event_id = staged.event_id
