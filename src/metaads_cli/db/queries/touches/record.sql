-- Keep every touch once, with its person or the reason why it has none.
INSERT INTO metaads.referral_events (
    tenant_id, {person_id}, held_reason, matched_by_id, created_contact, {columns}
)
SELECT
    %(tenant_id)s::integer, matched.person_id, matched.held_reason, matched.by_id, matched.is_created, {staged_columns}
FROM pg_temp.matched_touches AS matched
JOIN pg_temp.staged_touches AS staged ON staged.n = matched.n
WHERE NOT matched.is_known
ON CONFLICT (tenant_id, channel, event_id) DO NOTHING
