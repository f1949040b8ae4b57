-- A run is at work on a campaign key.
INSERT INTO metaads.orchestrations
    (tenant_id, data_source, campaign_key, account_id, currency, run_state, run_id, source, started_at)
VALUES (%(tenant_id)s, %(data_source)s, %(campaign_key)s, %(account_id)s, %(currency)s, 'applying', %(run_id)s,
        %(origin)s, now())
ON CONFLICT (tenant_id, data_source, campaign_key) DO UPDATE SET
    account_id = excluded.account_id, currency = excluded.currency, run_state = excluded.run_state,
    run_id = excluded.run_id, source = excluded.source, started_at = excluded.started_at, finished_at = NULL
