-- When the account's edges were last read.
SELECT catalogue_read_at, catalogue_complete_at
FROM metaads.sync_accounts
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s
