-- A person who is not known yet, and comes from an ad, becomes a guest under the number and the name of the earliest
-- touch, attributed to the earliest one by an ad.
WITH named AS (
    SELECT DISTINCT ON (contact_key) contact_key, left(coalesce(contact_name, contact_key), 100) AS name
    FROM pg_temp.staged_touches
    WHERE held_reason = 'unknown_contact' AND contact_key IS NOT NULL
    ORDER BY contact_key, occurred_at, channel, event_id
),
earliest AS (
    SELECT DISTINCT ON (contact_key) contact_key, ad_id, headline, body
    FROM pg_temp.staged_touches
    WHERE held_reason = 'unknown_contact' AND contact_key IS NOT NULL AND from_ad
    ORDER BY contact_key, occurred_at, channel, event_id
),
created AS (
    INSERT INTO public.patients (
        tenant_id, phone_number, first_name, status, acquisition_source, meta_ad_id, meta_ad_headline, meta_ad_body
    )
    SELECT %(tenant_id)s::integer, named.contact_key, named.name, 'guest', 'META_ADS', earliest.ad_id,
           earliest.headline, earliest.body
    FROM named
    JOIN earliest ON earliest.contact_key = named.contact_key
    ORDER BY named.contact_key
    ON CONFLICT DO NOTHING
    RETURNING id, phone_number
)
UPDATE pg_temp.staged_touches AS staged
SET patient_id = created.id, is_created = true, held_reason = NULL
FROM created
WHERE staged.contact_key = created.phone_number AND staged.held_reason = 'unknown_contact'
