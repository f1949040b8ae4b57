-- Earlier touches that are held, or matched by an id, and of which more is known now: somebody has their phone since,
-- or their id was seen with one.
WITH created AS (
    SELECT DISTINCT contact_key FROM pg_temp.matched_touches WHERE is_created
),
telling AS (
    SELECT kind, identifier FROM pg_temp.new_identities
    UNION
    SELECT identity.kind, identity.identifier
    FROM created
    JOIN metaads.identities AS identity
        ON identity.tenant_id = %(tenant_id)s AND identity.contact_key = created.contact_key
),
affected AS (
    SELECT event.channel, event.event_id
    FROM created
    JOIN metaads.referral_events AS event
        ON event.tenant_id = %(tenant_id)s AND event.contact_key = created.contact_key
        AND (event.held_reason IS NOT NULL OR event.matched_by_id)
    UNION
    SELECT event.channel, event.event_id
    FROM telling
    JOIN metaads.referral_events AS event
        ON event.tenant_id = %(tenant_id)s
        AND event.contact_ids @> jsonb_build_object(telling.kind, telling.identifier)
        AND (event.held_reason IS NOT NULL OR event.matched_by_id)
)
INSERT INTO pg_temp.chosen_touches (channel, event_id)
SELECT affected.channel, affected.event_id
FROM affected
WHERE NOT EXISTS (
    SELECT FROM pg_temp.matched_touches AS matched
    WHERE matched.channel = affected.channel AND matched.event_id = affected.event_id
)
