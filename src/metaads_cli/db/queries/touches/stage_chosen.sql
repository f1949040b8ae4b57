-- Touches that are kept already, beside those that come.
INSERT INTO pg_temp.staged_touches (n, is_again, {columns})
SELECT
    (SELECT coalesce(max(n), 0) FROM pg_temp.staged_touches)
        + row_number() OVER (ORDER BY chosen.channel, chosen.event_id),
    true, {known_columns}
FROM pg_temp.chosen_touches AS chosen
CROSS JOIN LATERAL (
    SELECT *
    FROM metaads.referral_events AS kept
    WHERE kept.tenant_id = %(tenant_id)s AND kept.channel = chosen.channel AND kept.event_id = chosen.event_id
    OFFSET 0
) AS event
