-- The days that were read, from some day on. What another source said of them does not count.
SELECT entity_type, day, read_at, row_count
FROM metaads.sync_days
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND day >= %(since)s
  AND EXISTS (
      SELECT FROM metaads.sync_accounts
      WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND data_source = %(data_source)s
  )
