-- The latest runs of every account, oldest first.
SELECT run_id, account_id, sync_type, mode, since, until, started_at, finished_at, success,
       report #>> '{account,status}', report -> 'entities', report -> 'problems', report -> 'rate_limit_hits',
       report #>> '{errors,0}'
FROM (
    SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY started_at DESC) AS place
    FROM metaads.sync_runs
    WHERE tenant_id = %(tenant_id)s AND started_at >= %(not_before)s
) AS run
WHERE place <= %(most)s
ORDER BY started_at, run_id, account_id
