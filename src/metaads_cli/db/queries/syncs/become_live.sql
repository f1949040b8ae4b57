-- From now on the account's figures are real; its catalogue is to be read anew.
UPDATE metaads.sync_accounts
SET data_source = 'live', catalogue_read_at = NULL, catalogue_complete_at = NULL
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s
