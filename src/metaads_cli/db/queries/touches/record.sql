-- Keep every touch once. What is known already is left out by the join, not only by the conflict clause: a second run
-- writes nothing at all.
INSERT INTO metaads.referral_events (
    tenant_id, channel, event_id, occurred_at, held_reason, contact_phone, contact_user_id, contact_name,
    phone_number_id, source_type, from_ad, ad_id, source_id, source_url, headline, body, media_type, media_url,
    ctwa_clid, referral
)
SELECT
    %(tenant_id)s::integer, staged.channel, staged.event_id, staged.occurred_at, 'new', staged.contact_phone,
    staged.contact_user_id, staged.contact_name, staged.phone_number_id, staged.source_type, staged.from_ad,
    staged.ad_id, staged.source_id, staged.source_url, staged.headline, staged.body, staged.media_type,
    staged.media_url, staged.ctwa_clid, staged.referral
FROM pg_temp.staged_touches AS staged
LEFT JOIN metaads.referral_events AS known
    ON known.tenant_id = %(tenant_id)s AND known.channel = staged.channel AND known.event_id = staged.event_id
WHERE known.event_id IS NULL
ORDER BY staged.channel, staged.event_id
ON CONFLICT (tenant_id, channel, event_id) DO NOTHING
