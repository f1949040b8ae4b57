-- Touches that have no person yet, in the order of their keys. Those without any id of a person are left alone.
INSERT INTO pg_temp.chosen_touches (channel, event_id)
SELECT channel, event_id
FROM metaads.referral_events
WHERE tenant_id = %(tenant_id)s
  AND held_reason IS NOT NULL
  AND (contact_phone IS NOT NULL OR contact_ids IS NOT NULL)
  AND (channel, event_id) > (%(channel)s, %(event_id)s)
ORDER BY channel, event_id
LIMIT %(limit)s
