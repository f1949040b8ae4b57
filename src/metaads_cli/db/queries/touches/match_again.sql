-- The host may have created somebody meanwhile.
UPDATE pg_temp.matched_touches AS matched
SET person_id = found.person_id,
    held_reason = CASE WHEN found.person_id IS NULL THEN 'several_contacts' END
FROM (
    SELECT unknown.n, CASE WHEN count(*) = 1 THEN (array_agg(person.id))[1] END AS person_id
    FROM pg_temp.matched_touches AS unknown
    CROSS JOIN LATERAL ({people_by_phone unknown.contact_key}) AS person
    WHERE unknown.held_reason = 'unknown_contact' AND NOT person.is_deleted
    GROUP BY unknown.n
) AS found
WHERE matched.n = found.n
