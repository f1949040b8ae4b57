-- Leads of forms whose answers are not known, the longest unasked first, then those that Meta will forget first. One
-- that was too old to be kept when it was asked for is not asked for again. With refresh: all of them.
SELECT event.leadgen_id, event.page_id
FROM metaads.referral_events AS event
LEFT JOIN metaads.unresolved_leads AS asked
    ON asked.tenant_id = event.tenant_id AND asked.leadgen_id = event.leadgen_id
WHERE event.tenant_id = %(tenant_id)s
  AND event.channel = 'leadgen'
  AND event.leadgen_id IS NOT NULL
  AND event.held_reason IS NOT NULL
  AND event.contact_phone IS NULL
  AND event.contact_email IS NULL
  AND (
      %(refresh)s
      OR asked.leadgen_id IS NULL
      OR (asked.ask_again_at <= now() AND event.occurred_at > asked.asked_at - %(kept)s::interval)
  )
ORDER BY asked.asked_at NULLS FIRST, event.occurred_at, event.leadgen_id
LIMIT %(limit)s
