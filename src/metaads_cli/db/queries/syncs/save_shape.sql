-- When it was learned stays, while it does not change: after a while a larger one is tried again.
INSERT INTO metaads.sync_shapes AS known
    (tenant_id, account_id, entity_type, page_size, days, asynchronous, campaigns, learned_at)
VALUES (%(tenant_id)s, %(account_id)s, %(entity_type)s, %(page_size)s, %(days)s, %(asynchronous)s, %(campaigns)s,
        %(learned_at)s)
ON CONFLICT (tenant_id, account_id, entity_type) DO UPDATE SET
    page_size = excluded.page_size, days = excluded.days, asynchronous = excluded.asynchronous,
    campaigns = excluded.campaigns, learned_at = excluded.learned_at
WHERE (known.page_size, known.days, known.asynchronous, known.campaigns)
    IS DISTINCT FROM (excluded.page_size, excluded.days, excluded.asynchronous, excluded.campaigns)
    OR known.learned_at < %(learned_since)s
