-- What the account has proved to give, unless that is long ago.
SELECT entity_type, page_size, days, asynchronous, campaigns
FROM metaads.sync_shapes
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND learned_at >= %(learned_since)s
