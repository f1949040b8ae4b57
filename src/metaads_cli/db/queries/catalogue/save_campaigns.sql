-- Only where something changed: a repeated run writes nothing.
INSERT INTO metaads.campaigns AS known
    (tenant_id, campaign_id, account_id, name, objective, status, effective_status, fetched_at)
SELECT %(tenant_id)s::integer, s.campaign_id, s.account_id, s.name, s.objective, s.status, s.effective_status, now()
FROM (
    SELECT DISTINCT ON (campaign_id) campaign_id, account_id, campaign_name AS name, objective,
           campaign_status AS status, campaign_effective_status AS effective_status
    FROM pg_temp.staged_ads ORDER BY campaign_id, ad_id
) AS s
ON CONFLICT (tenant_id, campaign_id) DO UPDATE SET
    account_id = excluded.account_id, name = excluded.name, objective = excluded.objective, status = excluded.status,
    effective_status = excluded.effective_status, fetched_at = excluded.fetched_at
WHERE (known.account_id, known.name, known.objective, known.status, known.effective_status)
    IS DISTINCT FROM
    (excluded.account_id, excluded.name, excluded.objective, excluded.status, excluded.effective_status)
