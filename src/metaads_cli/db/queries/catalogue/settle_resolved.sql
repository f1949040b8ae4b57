-- What is known now is unresolved no more.
DELETE FROM metaads.unresolved_ads AS asked
USING pg_temp.staged_ads AS staged
WHERE asked.tenant_id = %(tenant_id)s AND asked.ad_id = staged.ad_id
