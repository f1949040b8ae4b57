-- The source of the account's figures: the one that was noted first.
WITH claimed AS (
    INSERT INTO metaads.sync_accounts (tenant_id, account_id, data_source)
    VALUES (%(tenant_id)s, %(account_id)s, %(data_source)s)
    ON CONFLICT (tenant_id, account_id) DO NOTHING
    RETURNING data_source
)
SELECT data_source FROM claimed
UNION ALL
SELECT data_source FROM metaads.sync_accounts WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s
LIMIT 1
