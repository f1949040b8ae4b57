-- A person who is not known yet, and comes from a post or a link: nothing is said of them but that.
WITH named AS ({unknown_people}),
created AS (
    INSERT INTO {people} (tenant_id, phone_number, first_name{new_columns})
    SELECT %(tenant_id)s::integer, named.contact_key, named.name{new_values}
    FROM named
    ON CONFLICT DO NOTHING
    RETURNING id, phone_number
)
UPDATE pg_temp.matched_touches AS matched
SET person_id = created.id, is_created = NOT matched.by_id, by_id = false, held_reason = NULL
FROM created
WHERE matched.contact_key = created.phone_number AND (matched.held_reason = 'unknown_contact' OR matched.by_id)
