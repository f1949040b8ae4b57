-- Only where something changed: a repeated run writes nothing.
INSERT INTO metaads.adsets AS known
    (tenant_id, adset_id, account_id, campaign_id, name, status, effective_status, fetched_at)
SELECT %(tenant_id)s::integer, s.adset_id, s.account_id, s.campaign_id, s.name, s.status, s.effective_status, now()
FROM (
    SELECT DISTINCT ON (adset_id) adset_id, account_id, campaign_id, adset_name AS name, adset_status AS status,
           adset_effective_status AS effective_status
    FROM pg_temp.staged_ads ORDER BY adset_id, ad_id
) AS s
ON CONFLICT (tenant_id, adset_id) DO UPDATE SET
    account_id = excluded.account_id, campaign_id = excluded.campaign_id, name = excluded.name,
    status = excluded.status, effective_status = excluded.effective_status, fetched_at = excluded.fetched_at
WHERE (known.account_id, known.campaign_id, known.name, known.status, known.effective_status)
    IS DISTINCT FROM
    (excluded.account_id, excluded.campaign_id, excluded.name, excluded.status, excluded.effective_status)
