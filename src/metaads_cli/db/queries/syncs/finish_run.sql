-- A run over one account ends, by the clock that it began by.
UPDATE metaads.sync_runs
SET finished_at = %(finished_at)s, success = %(success)s, report = %(report)s
WHERE tenant_id = %(tenant_id)s AND run_id = %(run_id)s AND account_id = %(account_id)s
