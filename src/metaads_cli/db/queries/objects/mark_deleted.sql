-- Edges list everything but deleted objects.
UPDATE {table} AS known
SET status = 'DELETED', effective_status = 'DELETED'
WHERE known.tenant_id = %(tenant_id)s
  AND known.account_id = %(account_id)s
  AND known.effective_status IS DISTINCT FROM 'DELETED'
  AND NOT EXISTS (
      SELECT FROM {staging} AS listed WHERE listed.tenant_id = known.tenant_id AND listed.{id} = known.{id}
  )
