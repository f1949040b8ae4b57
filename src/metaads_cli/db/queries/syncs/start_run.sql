-- A run over one account begins.
INSERT INTO metaads.sync_runs
    (tenant_id, run_id, account_id, sync_type, mode, since, until, started_at, began_at)
VALUES (%(tenant_id)s, %(run_id)s, %(account_id)s, %(sync_type)s, %(mode)s, %(since)s, %(until)s, %(started_at)s,
        %(began_at)s)
