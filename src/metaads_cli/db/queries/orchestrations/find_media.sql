-- An upload by its content: its id at Meta, NULL while its fate is unknown.
SELECT meta_id
FROM metaads.media
WHERE tenant_id = %(tenant_id)s AND data_source = %(data_source)s AND account_id = %(account_id)s
  AND media_kind = %(media_kind)s AND content_hash = %(content_hash)s
