-- Who has no phone that is known: by the ids that the host gave a person; without any phone, also by the phones that
-- were seen together with the id. One look-up of a key for each, whatever the planner guesses.
WITH asked AS MATERIALIZED (
    SELECT matched.n, matched.held_reason, known.kind, known.identifier
    FROM pg_temp.matched_touches AS matched
    CROSS JOIN LATERAL jsonb_each_text(matched.contact_ids) AS known (kind, identifier)
    WHERE matched.held_reason IN ('no_phone', 'unknown_contact')
      AND (matched.contact_key IS NOT NULL) = %(with_phone)s
),
candidate AS (
    SELECT asked.n, person.id
    FROM asked
    CROSS JOIN LATERAL (
        SELECT host.person_id
        FROM pg_temp.host_ids AS host
        WHERE host.tenant_id = %(tenant_id)s AND host.kind = asked.kind AND host.identifier = asked.identifier
        OFFSET 0
    ) AS named
    CROSS JOIN LATERAL (
        SELECT person.id
        FROM {people} AS person
        WHERE person.tenant_id = %(tenant_id)s AND person.id = named.person_id
          AND coalesce(person.status, '') <> 'deleted'
        OFFSET 0
    ) AS person
    UNION
    SELECT asked.n, person.id
    FROM asked
    CROSS JOIN LATERAL (
        SELECT identity.contact_key
        FROM metaads.identities AS identity
        WHERE identity.tenant_id = %(tenant_id)s
          AND identity.kind = asked.kind AND identity.identifier = asked.identifier
        OFFSET 0
    ) AS seen
    CROSS JOIN LATERAL ({people_by_phone seen.contact_key}) AS person
    WHERE asked.held_reason = 'no_phone' AND NOT person.is_deleted
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
