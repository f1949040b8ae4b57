-- What was uploaded, and arrived.
SELECT account_id, media_kind, content_hash, meta_id
FROM metaads.media
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s AND meta_id IS NOT NULL
