-- An upload is about to be sent.
INSERT INTO metaads.media (tenant_id, data_source, account_id, media_kind, content_hash, intended_at)
VALUES (%(tenant_id)s, %(data_source)s, %(account_id)s, %(media_kind)s, %(content_hash)s, now())
ON CONFLICT (tenant_id, data_source, account_id, media_kind, content_hash) DO NOTHING
