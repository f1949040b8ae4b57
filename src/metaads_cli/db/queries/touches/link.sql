-- Touches that were kept before get the person that is known by now, or the reason that holds today.
UPDATE metaads.referral_events AS event
SET {person_id} = matched.person_id,
    held_reason = matched.held_reason,
    matched_by_id = matched.by_id,
    created_contact = event.created_contact OR matched.is_created
FROM pg_temp.matched_touches AS matched
WHERE matched.is_known
  AND event.tenant_id = %(tenant_id)s
  AND event.channel = matched.channel
  AND event.event_id = matched.event_id
  AND (event.{person_id}, event.held_reason, event.matched_by_id)
      IS DISTINCT FROM (matched.person_id, matched.held_reason, matched.by_id)
