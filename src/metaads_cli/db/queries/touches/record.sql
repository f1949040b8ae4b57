-- Keep every touch once, with its person or the reason why it has none.
INSERT INTO metaads.referral_events (
    tenant_id, patient_id, held_reason,
    channel, event_id, occurred_at, contact_phone, contact_key, contact_user_id, contact_ids, contact_email,
    contact_name, phone_number_id, page_id, instagram_id, source_type, from_ad, ad_id, source_id, source_url, headline,
    body, media_type, media_url, ctwa_clid, greeting, ref, form_id, leadgen_id, referral
)
SELECT
    %(tenant_id)s::integer, patient_id, held_reason,
    channel, event_id, occurred_at, contact_phone, contact_key, contact_user_id, contact_ids, contact_email,
    contact_name, phone_number_id, page_id, instagram_id, source_type, from_ad, ad_id, source_id, source_url, headline,
    body, media_type, media_url, ctwa_clid, greeting, ref, form_id, leadgen_id, referral
FROM pg_temp.staged_touches
WHERE NOT is_known
ORDER BY channel, event_id
ON CONFLICT (tenant_id, channel, event_id) DO NOTHING
