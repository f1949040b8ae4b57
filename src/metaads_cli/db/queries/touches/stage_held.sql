-- Touches that have no person yet, in the order of their keys. Those without any id of a person are left alone.
INSERT INTO pg_temp.staged_touches (
    channel, event_id, occurred_at, contact_phone, contact_key, contact_user_id, contact_ids, contact_email,
    contact_name, phone_number_id, page_id, instagram_id, source_type, from_ad, ad_id, source_id, source_url, headline,
    body, media_type, media_url, ctwa_clid, greeting, ref, form_id, leadgen_id, referral
)
SELECT
    channel, event_id, occurred_at, contact_phone, coalesce(contact_key, contact_phone), contact_user_id, contact_ids,
    contact_email, contact_name, phone_number_id, page_id, instagram_id, source_type, from_ad, ad_id, source_id,
    source_url, headline, body, media_type, media_url, ctwa_clid, greeting, ref, form_id, leadgen_id, referral
FROM metaads.referral_events
WHERE tenant_id = %(tenant_id)s
  AND patient_id IS NULL
  AND (contact_phone IS NOT NULL OR contact_ids IS NOT NULL)
  AND (channel, event_id) > (%(channel)s, %(event_id)s)
ORDER BY channel, event_id
LIMIT %(limit)s
