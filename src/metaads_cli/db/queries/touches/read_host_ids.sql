-- Ids that the host gave people. Their index would read through all that was written of late, for each id anew.
INSERT INTO pg_temp.host_ids (tenant_id, kind, identifier, person_id)
SELECT DISTINCT %(tenant_id)s::integer, known.kind, known.identifier, person.id
FROM {people} AS person
CROSS JOIN LATERAL jsonb_each_text(
    CASE WHEN jsonb_typeof({external_ids}) = 'object' THEN {external_ids} END
) AS known (kind, identifier)
WHERE person.tenant_id = %(tenant_id)s
  AND {external_ids} ?| %(kinds)s
  AND known.kind = ANY (%(kinds)s)
  AND known.identifier IS NOT NULL
