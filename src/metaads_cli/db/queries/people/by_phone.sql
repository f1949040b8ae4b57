-- People by either form of their number, each by an equality that the index serves. Deleted ones are not shown. Some
-- hosts lack what is read through to_jsonb: a column that is missing reads as NULL there.
SELECT person.id::text AS id, person.first_name, person.last_name, person.phone_number, person.status,
       to_jsonb(person) ->> 'urgency_level' AS urgency_level,
       to_jsonb(person) ->> 'urgency_reason' AS urgency_reason,
       to_jsonb(person) ->> 'preferred_schedule' AS preferred_schedule,
       person.acquisition_source, person.meta_campaign_id AS meta_campaign, person.meta_ad_id,
       person.meta_ad_headline, person.meta_ad_body
FROM {people} AS person
WHERE person.tenant_id = %(tenant_id)s
  AND person.phone_number IN (%(phone)s, %(phone_with_plus)s)
  AND person.status IS DISTINCT FROM 'deleted'
ORDER BY person.created_at, person.id
