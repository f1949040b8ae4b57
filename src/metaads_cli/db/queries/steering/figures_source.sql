-- Where the account's figures come from.
SELECT data_source
FROM metaads.sync_accounts
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s
