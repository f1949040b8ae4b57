-- An upload arrived.
UPDATE metaads.media
SET meta_id = %(meta_id)s, finished_at = now()
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s AND account_id = %(account_id)s
  AND media_kind = %(media_kind)s AND content_hash = %(content_hash)s
