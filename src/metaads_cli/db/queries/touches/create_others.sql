-- A person who is not known yet, and comes from a post or a link: nothing is said of them but that.
WITH named AS (
    SELECT DISTINCT ON (matched.contact_key)
        matched.contact_key, matched.channel, left(coalesce(staged.contact_name, matched.contact_key), 100) AS name
    FROM pg_temp.matched_touches AS matched
    JOIN pg_temp.staged_touches AS staged ON staged.n = matched.n
    WHERE matched.held_reason = 'unknown_contact'
    ORDER BY matched.contact_key, matched.occurred_at, matched.channel, matched.event_id
),
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
