-- Touches that have no person yet and may have one now, in the order of their keys: there is somebody with their phone,
-- or somebody may be created for it; their id is one of the host's, or was seen with a phone. Others would be held for
-- the same reason again. One look-up of a key for each, whatever the planner guesses.
INSERT INTO pg_temp.chosen_touches (channel, event_id)
SELECT event.channel, event.event_id
FROM metaads.referral_events AS event
WHERE event.tenant_id = %(tenant_id)s
  AND event.held_reason IS NOT NULL
  AND (event.channel, event.event_id) > (%(channel)s, %(event_id)s)
  AND (
      event.held_reason NOT IN ('unknown_contact', 'no_phone')
      OR (event.contact_key IS NOT NULL AND %(create)s)
      OR EXISTS ({people_by_phone event.contact_key})
      OR EXISTS (
          SELECT
          FROM jsonb_each_text(event.contact_ids) AS known (kind, identifier)
          CROSS JOIN LATERAL (
              SELECT
              FROM pg_temp.host_ids AS host
              WHERE host.tenant_id = %(tenant_id)s AND host.kind = known.kind AND host.identifier = known.identifier
              UNION ALL
              SELECT
              FROM metaads.identities AS identity
              WHERE identity.tenant_id = %(tenant_id)s
                AND identity.kind = known.kind AND identity.identifier = known.identifier
              LIMIT 1
          ) AS somebody
      )
  )
ORDER BY event.channel, event.event_id
LIMIT %(limit)s
