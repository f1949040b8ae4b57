-- The host may write to these rows at the same time. The order avoids deadlocks; NO KEY leaves appointments free to
-- refer to them meanwhile.
SELECT person.id
FROM {people} AS person
WHERE person.tenant_id = %(tenant_id)s
  AND person.id IN (
      SELECT person_id FROM pg_temp.matched_touches WHERE from_ad AND NOT is_created
      UNION
      SELECT was_person FROM pg_temp.matched_touches
  )
ORDER BY person.id
FOR NO KEY UPDATE
