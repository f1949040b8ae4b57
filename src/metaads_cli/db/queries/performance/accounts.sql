-- Every ad account that anything is known of, with its source of figures.
SELECT known.account_id, account.currency, account.timezone_name, source.data_source, account.account_id IS NOT NULL
FROM (
    SELECT account_id FROM metaads.accounts WHERE tenant_id = %(tenant_id)s
    UNION
    SELECT account_id FROM metaads.sync_accounts WHERE tenant_id = %(tenant_id)s
    UNION
    SELECT account_id FROM metaads.campaigns WHERE tenant_id = %(tenant_id)s
    UNION
    SELECT account_id FROM metaads.insights
    WHERE tenant_id = %(tenant_id)s AND entity_type = 'campaign' AND day BETWEEN %(since)s AND %(until)s
) AS known
LEFT JOIN metaads.accounts AS account ON account.tenant_id = %(tenant_id)s AND account.account_id = known.account_id
LEFT JOIN metaads.sync_accounts AS source ON source.tenant_id = %(tenant_id)s AND source.account_id = known.account_id
ORDER BY known.account_id
