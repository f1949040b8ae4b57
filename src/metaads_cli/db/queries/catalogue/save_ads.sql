-- Only where something changed: a repeated run writes nothing.
INSERT INTO metaads.ads AS known
    (tenant_id, ad_id, account_id, campaign_id, adset_id, creative_id, name, status, effective_status, created_time,
     updated_time, fetched_at)
SELECT %(tenant_id)s::integer, s.ad_id, s.account_id, s.campaign_id, s.adset_id, s.creative_id, s.name, s.status,
       s.effective_status, s.created_time, s.updated_time, now()
FROM pg_temp.staged_ads AS s
ORDER BY s.ad_id
ON CONFLICT (tenant_id, ad_id) DO UPDATE SET
    account_id = excluded.account_id, campaign_id = excluded.campaign_id, adset_id = excluded.adset_id,
    creative_id = excluded.creative_id, name = excluded.name, status = excluded.status,
    effective_status = excluded.effective_status, created_time = excluded.created_time,
    updated_time = excluded.updated_time, fetched_at = excluded.fetched_at
WHERE (known.account_id, known.campaign_id, known.adset_id, known.creative_id, known.name, known.status,
       known.effective_status, known.created_time, known.updated_time)
    IS DISTINCT FROM
    (excluded.account_id, excluded.campaign_id, excluded.adset_id, excluded.creative_id, excluded.name,
     excluded.status, excluded.effective_status, excluded.created_time, excluded.updated_time)
