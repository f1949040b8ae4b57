-- Ad accounts of the tenant: where their figures come from, the last day read to its end, and the latest sync.
SELECT a.account_id, a.name, a.currency, a.timezone_name, s.data_source, d.day, d.read_at, r.started_at, r.success
FROM metaads.accounts AS a
LEFT JOIN metaads.sync_accounts AS s ON s.tenant_id = a.tenant_id AND s.account_id = a.account_id
LEFT JOIN (
    SELECT tenant_id, account_id, max(day) AS day, max(read_at) AS read_at
    FROM metaads.sync_days
    WHERE tenant_id = %(tenant_id)s AND entity_type = 'ad'
    GROUP BY tenant_id, account_id
) AS d ON d.tenant_id = a.tenant_id AND d.account_id = a.account_id
LEFT JOIN (
    SELECT DISTINCT ON (tenant_id, account_id) tenant_id, account_id, started_at, success
    FROM metaads.sync_runs
    WHERE tenant_id = %(tenant_id)s
    ORDER BY tenant_id, account_id, started_at DESC
) AS r ON r.tenant_id = a.tenant_id AND r.account_id = a.account_id
WHERE a.tenant_id = %(tenant_id)s
ORDER BY a.account_id
