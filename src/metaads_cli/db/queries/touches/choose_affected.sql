-- Earlier touches that are held, or matched by an id, and of which more is known now: somebody has their phone since,
-- or their id was seen with one. One look-up of a key for each, whatever the planner guesses.
WITH created AS (
    SELECT DISTINCT contact_key FROM pg_temp.matched_touches WHERE is_created
),
telling AS (
    SELECT kind, identifier FROM pg_temp.new_identities
    UNION
    SELECT known.kind, known.identifier
    FROM created
    CROSS JOIN LATERAL (
        SELECT identity.kind, identity.identifier
        FROM metaads.identities AS identity
        WHERE identity.tenant_id = %(tenant_id)s AND identity.contact_key = created.contact_key
        OFFSET 0
    ) AS known
),
affected AS (
    SELECT open.channel, open.event_id
    FROM created
    CROSS JOIN LATERAL (
        SELECT event.channel, event.event_id
        FROM metaads.referral_events AS event
        WHERE event.tenant_id = %(tenant_id)s AND event.contact_key = created.contact_key
          AND (event.held_reason IS NOT NULL OR event.matched_by_id)
        OFFSET 0
    ) AS open
    UNION
    SELECT open.channel, open.event_id
    FROM telling
    CROSS JOIN LATERAL (
        SELECT noted.channel, noted.event_id
        FROM metaads.touch_ids AS noted
        WHERE noted.tenant_id = %(tenant_id)s AND noted.kind = telling.kind AND noted.identifier = telling.identifier
        OFFSET 0
    ) AS open
)
INSERT INTO pg_temp.chosen_touches (channel, event_id)
SELECT affected.channel, affected.event_id
FROM affected
WHERE NOT EXISTS (
    SELECT FROM pg_temp.matched_touches AS matched
    WHERE matched.channel = affected.channel AND matched.event_id = affected.event_id
)
