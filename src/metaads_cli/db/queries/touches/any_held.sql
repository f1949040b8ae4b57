-- Whether there are touches without a person.
SELECT EXISTS (
    SELECT FROM metaads.referral_events AS event WHERE event.tenant_id = %(tenant_id)s AND event.held_reason IS NOT NULL
)
