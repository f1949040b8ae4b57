-- The days of a level that were read to their end.
SELECT day, read_at
FROM metaads.sync_days
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND entity_type = %(entity_type)s
  AND day BETWEEN %(since)s AND %(until)s
