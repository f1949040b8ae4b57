-- Of the ads of people and of touches those whose names are not known yet, oldest question first. With refresh: all of
-- them, also those that were asked for in vain and need not be asked for again yet.
WITH wanted AS (
    SELECT unnest(%(of_people)s::text[]) AS ad_id
    UNION
    SELECT DISTINCT event.ad_id
    FROM metaads.referral_events AS event
    WHERE event.tenant_id = %(tenant_id)s AND event.from_ad AND event.ad_id IS NOT NULL
)
SELECT wanted.ad_id
FROM wanted
LEFT JOIN metaads.ads AS known ON known.tenant_id = %(tenant_id)s AND known.ad_id = wanted.ad_id
LEFT JOIN metaads.unresolved_ads AS asked ON asked.tenant_id = %(tenant_id)s AND asked.ad_id = wanted.ad_id
WHERE %(refresh)s
   OR (known.ad_id IS NULL AND (asked.ad_id IS NULL OR asked.ask_again_at <= now()))
ORDER BY asked.asked_at NULLS FIRST, wanted.ad_id
LIMIT %(limit)s
