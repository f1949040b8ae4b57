-- The same event told twice, such as a lead's webhook and the lead with its answers. What is not known is filled in;
-- where both say something, the lesser text stays: so it does not matter which came first.
UPDATE metaads.referral_events AS event
SET {merged}
FROM pg_temp.matched_touches AS matched
JOIN pg_temp.staged_touches AS staged ON staged.n = matched.n
WHERE matched.is_changed
  AND event.tenant_id = %(tenant_id)s
  AND event.channel = matched.channel
  AND event.event_id = matched.event_id
