-- A person who is not known yet, and comes from a post or a link, becomes a guest whom nothing is said of but that.
WITH created AS (
    INSERT INTO public.patients (tenant_id, phone_number, first_name, status)
    SELECT DISTINCT ON (contact_key)
        %(tenant_id)s::integer, contact_key, left(coalesce(contact_name, contact_key), 100), 'guest'
    FROM pg_temp.staged_touches
    WHERE held_reason = 'unknown_contact' AND contact_key IS NOT NULL
    ORDER BY contact_key, occurred_at, channel, event_id
    ON CONFLICT DO NOTHING
    RETURNING id, phone_number
)
UPDATE pg_temp.staged_touches AS staged
SET patient_id = created.id, is_created = true, held_reason = NULL
FROM created
WHERE staged.contact_key = created.phone_number AND staged.held_reason = 'unknown_contact'
