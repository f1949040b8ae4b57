-- Write the whole account; what stays of an older one was merged before.
INSERT INTO metaads.accounts (
    tenant_id, account_id, name, currency, timezone_name, token_ref, page_ids, instagram_ids, phone_number_ids, waba_ids,
    updated_at
)
VALUES (
    %(tenant_id)s, %(account_id)s, %(name)s, %(currency)s, %(timezone_name)s, %(token_ref)s, %(page_ids)s,
    %(instagram_ids)s, %(phone_number_ids)s, %(waba_ids)s, now()
)
ON CONFLICT (tenant_id, account_id) DO UPDATE SET
    name = excluded.name,
    currency = excluded.currency,
    timezone_name = excluded.timezone_name,
    token_ref = excluded.token_ref,
    page_ids = excluded.page_ids,
    instagram_ids = excluded.instagram_ids,
    phone_number_ids = excluded.phone_number_ids,
    waba_ids = excluded.waba_ids,
    updated_at = excluded.updated_at
