-- Touches that are kept already, beside those that come.
INSERT INTO pg_temp.staged_touches (n, is_again, {columns})
SELECT
    (SELECT coalesce(max(n), 0) FROM pg_temp.staged_touches)
        + row_number() OVER (ORDER BY event.channel, event.event_id),
    true, {known_columns}
FROM pg_temp.chosen_touches AS chosen
JOIN metaads.referral_events AS event
    ON event.tenant_id = %(tenant_id)s AND event.channel = chosen.channel AND event.event_id = chosen.event_id
