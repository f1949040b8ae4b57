-- By which touch metaads attributed the people that it created.
INSERT INTO metaads.attributions (tenant_id, patient_id, channel, event_id)
SELECT DISTINCT ON (patient_id) %(tenant_id)s::integer, patient_id, channel, event_id
FROM pg_temp.staged_touches
WHERE is_created AND from_ad
ORDER BY patient_id, occurred_at, channel, event_id
ON CONFLICT (tenant_id, patient_id) DO UPDATE SET channel = excluded.channel, event_id = excluded.event_id
