-- Forget the account; what was loaded for it stays.
DELETE FROM metaads.accounts WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s
