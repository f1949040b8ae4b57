-- When the work began that the account's latest run left unfinished, if it was over the same days.
SELECT latest.began_at
FROM (
    SELECT began_at, success, since, until
    FROM metaads.sync_runs
    WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s
    ORDER BY started_at DESC
    LIMIT 1
) AS latest
WHERE latest.success IS NOT true
  AND latest.since = %(since)s
  AND latest.until = %(until)s
  AND latest.began_at >= %(not_before)s
