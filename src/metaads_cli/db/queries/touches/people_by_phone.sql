-- The people under any way of writing the number {key}, each by an equality that the index serves.
SELECT person.id, coalesce(person.status = 'deleted', false) AS is_deleted
FROM (
    SELECT CASE
        WHEN length({key}) <> 13 THEN NULL
        WHEN left({key}, 3) = '549' THEN '54' || substr({key}, 4)
        WHEN left({key}, 3) = '521' THEN '52' || substr({key}, 4)
        WHEN left({key}, 2) = '55' AND substr({key}, 5, 1) = '9' THEN left({key}, 4) || substr({key}, 6)
    END AS digits
) AS other
JOIN {people} AS person
    ON person.tenant_id = %(tenant_id)s
    AND person.phone_number = ANY (
        ARRAY[{key}, '+' || {key}, other.digits, '+' || other.digits]
        || ARRAY(
            SELECT odd.phone_number FROM pg_temp.odd_phones AS odd
            WHERE odd.tenant_id = %(tenant_id)s AND odd.contact_key = {key}
        )
    )
OFFSET 0
