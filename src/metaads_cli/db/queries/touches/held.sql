-- How many touches of the batch have no person.
SELECT count(*)
FROM pg_temp.staged_touches AS staged
JOIN metaads.referral_events AS event
    ON event.tenant_id = %(tenant_id)s AND event.channel = staged.channel AND event.event_id = staged.event_id
WHERE event.patient_id IS NULL
