-- When the work began that the account's latest run left unfinished, if it was over the same days.
SELECT latest.began_at
FROM (
    SELECT began_at, since, until, success,
           finished_at IS NULL OR (report ->> 'to_be_continued')::boolean AS to_be_continued
    FROM metaads.sync_runs
    WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s
    ORDER BY started_at DESC
    LIMIT 1
) AS latest
WHERE latest.success IS NOT true
  AND latest.to_be_continued
  AND latest.since = %(since)s
  AND latest.until = %(until)s
  AND latest.began_at >= %(not_before)s
