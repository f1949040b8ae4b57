-- Whom metaads created bears the name of the earliest touch under their phone, whichever arrived first, until somebody
-- takes over: only a name that came from a touch is replaced.
WITH touched AS (
    SELECT DISTINCT matched.person_id
    FROM pg_temp.matched_touches AS matched
    WHERE matched.person_id IS NOT NULL AND NOT matched.is_created
),
earliest AS (
    SELECT person.id, first.name
    FROM touched
    JOIN {people} AS person
        ON person.tenant_id = %(tenant_id)s AND person.id = touched.person_id AND person.status = {new_status}
    CROSS JOIN LATERAL (
        SELECT left(coalesce(event.contact_name, event.contact_key, event.contact_phone), 100) AS name
        FROM metaads.referral_events AS event
        WHERE event.tenant_id = %(tenant_id)s AND event.{person_id} = person.id AND NOT event.matched_by_id
        ORDER BY event.occurred_at, event.channel, event.event_id
        LIMIT 1
    ) AS first
    WHERE person.first_name <> first.name
      AND EXISTS (
          SELECT FROM metaads.referral_events AS creating
          WHERE creating.tenant_id = %(tenant_id)s AND creating.{person_id} = person.id AND creating.created_contact
      )
      AND EXISTS (
          SELECT FROM metaads.referral_events AS known
          WHERE known.tenant_id = %(tenant_id)s
            AND known.{person_id} = person.id
            AND NOT known.matched_by_id
            AND left(coalesce(known.contact_name, known.contact_key, known.contact_phone), 100) = person.first_name
      )
)
UPDATE {people} AS person
SET first_name = earliest.name,
    updated_at = now()
FROM earliest
WHERE person.tenant_id = %(tenant_id)s
  AND person.id = earliest.id
