-- One ad account with its source of figures; unknown where it is not registered.
SELECT account.currency, account.timezone_name, source.data_source, account.account_id IS NOT NULL
FROM (SELECT %(account_id)s::text AS account_id) AS known
LEFT JOIN metaads.accounts AS account ON account.tenant_id = %(tenant_id)s AND account.account_id = known.account_id
LEFT JOIN metaads.sync_accounts AS source ON source.tenant_id = %(tenant_id)s AND source.account_id = known.account_id
