-- People whose first touch was by an ad of these ad sets; who has no touch here belongs to the moment of their creation.
SELECT ad.adset_id, count(*)
FROM public.patients AS patient
JOIN metaads.ads AS ad ON ad.tenant_id = %(tenant_id)s AND ad.ad_id = patient.meta_ad_id
LEFT JOIN LATERAL (
    SELECT min(event.occurred_at) AS at
    FROM metaads.referral_events AS event
    WHERE event.tenant_id = %(tenant_id)s AND event.patient_id = patient.id AND event.from_ad
      AND event.ad_id = patient.meta_ad_id
) AS touch ON true
WHERE patient.tenant_id = %(tenant_id)s
  AND patient.acquisition_source = 'META_ADS'
  AND coalesce(patient.status, '') <> 'deleted'
  AND ad.adset_id = ANY (%(ids)s::text[])
  AND coalesce(touch.at, patient.created_at) >= %(since)s
  AND coalesce(touch.at, patient.created_at) < %(until)s
GROUP BY ad.adset_id
