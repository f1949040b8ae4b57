-- People whose first touch was by an ad of these ad sets; who has no touch here belongs to the moment of their creation.
SELECT ad.adset_id, count(*)
FROM {people} AS person
JOIN metaads.ads AS ad ON ad.tenant_id = %(tenant_id)s AND ad.ad_id = person.meta_ad_id
LEFT JOIN LATERAL (
    SELECT min(event.occurred_at) AS at
    FROM metaads.referral_events AS event
    WHERE event.tenant_id = %(tenant_id)s AND event.{person_id} = person.id AND event.from_ad
      AND event.ad_id = person.meta_ad_id
) AS touch ON true
WHERE person.tenant_id = %(tenant_id)s
  AND person.acquisition_source = 'META_ADS'
  AND coalesce(person.status, '') <> 'deleted'
  AND ad.adset_id = ANY (%(ids)s::text[])
  AND coalesce(touch.at, person.created_at) >= %(since)s
  AND coalesce(touch.at, person.created_at) < %(until)s
GROUP BY ad.adset_id
