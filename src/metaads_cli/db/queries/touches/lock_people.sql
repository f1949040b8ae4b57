-- The host may write to these rows at the same time. The order avoids deadlocks; NO KEY leaves appointments free to
-- refer to them meanwhile. Whether any of them may still bear the name that a touch gave. One look-up of a key for
-- each: a join would read through all people of the tenant.
SELECT coalesce(bool_or(locked.status = {new_status}), false)
FROM (
    SELECT person_id FROM pg_temp.matched_touches WHERE NOT is_created
    UNION
    SELECT was_person FROM pg_temp.matched_touches
    ORDER BY person_id
) AS concerned
CROSS JOIN LATERAL (
    SELECT person.status
    FROM {people} AS person
    WHERE person.tenant_id = %(tenant_id)s AND person.id = concerned.person_id
    FOR NO KEY UPDATE
) AS locked
