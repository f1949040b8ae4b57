-- People who are not known yet, each under the number and the name of the earliest touch.
SELECT DISTINCT ON (matched.contact_key)
    matched.contact_key, matched.channel, left(coalesce(staged.contact_name, matched.contact_key), 100) AS name
FROM pg_temp.matched_touches AS matched
JOIN pg_temp.staged_touches AS staged ON staged.n = matched.n
WHERE matched.held_reason = 'unknown_contact'
ORDER BY matched.contact_key, matched.occurred_at, matched.channel, matched.event_id
