-- By which ids touches without a phone are found, when more is known of one of them.
INSERT INTO metaads.touch_ids (tenant_id, kind, identifier, channel, event_id)
SELECT %(tenant_id)s::integer, known.kind, known.identifier, matched.channel, matched.event_id
FROM pg_temp.matched_touches AS matched
CROSS JOIN LATERAL jsonb_each_text(matched.contact_ids) AS known (kind, identifier)
WHERE matched.contact_key IS NULL
ON CONFLICT (tenant_id, kind, identifier, channel, event_id) DO NOTHING
