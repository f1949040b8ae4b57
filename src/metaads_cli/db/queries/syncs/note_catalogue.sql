-- The edges were read, in full or what had changed.
UPDATE metaads.sync_accounts
SET catalogue_read_at = %(read_at)s::timestamptz,
    catalogue_complete_at = CASE WHEN %(complete)s THEN %(read_at)s::timestamptz ELSE catalogue_complete_at END
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s
