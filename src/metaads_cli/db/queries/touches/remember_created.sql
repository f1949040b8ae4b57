-- By which touch metaads attributed the people that it created.
INSERT INTO {attributions} (tenant_id, {person_id}, channel, event_id)
SELECT DISTINCT ON (person_id) %(tenant_id)s::integer, person_id, channel, event_id
FROM pg_temp.matched_touches
WHERE is_created AND from_ad
ORDER BY person_id, occurred_at, channel, event_id
ON CONFLICT (tenant_id, {person_id}) DO UPDATE SET channel = excluded.channel, event_id = excluded.event_id
