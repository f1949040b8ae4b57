-- A person who is not known yet, and comes from an ad, is created under the number and the name of the earliest touch,
-- attributed to the earliest one by an ad.
WITH named AS ({unknown_people}),
earliest AS (
    SELECT DISTINCT ON (matched.contact_key) matched.contact_key, staged.ad_id, staged.headline, staged.body
    FROM pg_temp.matched_touches AS matched
    JOIN pg_temp.staged_touches AS staged ON staged.n = matched.n
    WHERE matched.held_reason = 'unknown_contact' AND matched.from_ad
    ORDER BY matched.contact_key, matched.occurred_at, matched.channel, matched.event_id
),
created AS (
    INSERT INTO {people} (
        tenant_id, phone_number, first_name, acquisition_source, meta_ad_id, meta_ad_headline,
        meta_ad_body{new_columns}
    )
    SELECT %(tenant_id)s::integer, named.contact_key, named.name, 'META_ADS', earliest.ad_id, earliest.headline,
           earliest.body{new_values}
    FROM named
    JOIN earliest ON earliest.contact_key = named.contact_key
    ON CONFLICT DO NOTHING
    RETURNING id, phone_number
)
UPDATE pg_temp.matched_touches AS matched
SET person_id = created.id, is_created = NOT matched.by_id, by_id = false, held_reason = NULL
FROM created
WHERE matched.contact_key = created.phone_number AND (matched.held_reason = 'unknown_contact' OR matched.by_id)
