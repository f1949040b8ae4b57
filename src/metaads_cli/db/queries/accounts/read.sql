-- The tenant's ad accounts.
SELECT account_id, name, currency, timezone_name, token_ref, page_ids, instagram_ids, phone_number_ids, waba_ids
FROM metaads.accounts
WHERE tenant_id = %(tenant_id)s
ORDER BY account_id
