-- Who has no phone that is known: by the ids that the host gave a person; without any phone, also by the phones that
-- were seen together with the id.
WITH candidate AS (
    SELECT matched.n, person.id
    FROM pg_temp.matched_touches AS matched
    CROSS JOIN LATERAL jsonb_each_text(matched.contact_ids) AS known (kind, identifier)
    JOIN {people} AS person
        ON person.tenant_id = %(tenant_id)s
        AND {external_ids} @> jsonb_build_object(known.kind, known.identifier)
        AND coalesce(person.status, '') <> 'deleted'
    WHERE matched.held_reason IN ('no_phone', 'unknown_contact')
      AND (matched.contact_key IS NOT NULL) = %(with_phone)s
    UNION
    SELECT matched.n, person.id
    FROM pg_temp.matched_touches AS matched
    CROSS JOIN LATERAL jsonb_each_text(matched.contact_ids) AS known (kind, identifier)
    JOIN metaads.identities AS identity
        ON identity.tenant_id = %(tenant_id)s
        AND identity.kind = known.kind AND identity.identifier = known.identifier
    CROSS JOIN LATERAL ({people_by_phone identity.contact_key}) AS person
    WHERE matched.held_reason = 'no_phone' AND NOT %(with_phone)s AND NOT person.is_deleted
),
found AS (
    SELECT n, CASE WHEN count(*) = 1 THEN (array_agg(id))[1] END AS person_id FROM candidate GROUP BY n
)
UPDATE pg_temp.matched_touches AS matched
SET person_id = found.person_id,
    held_reason = CASE WHEN found.person_id IS NULL THEN 'several_contacts' END,
    by_id = found.person_id IS NOT NULL
FROM found
WHERE matched.n = found.n
