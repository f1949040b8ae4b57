-- What is known now is unresolved no more.
DELETE FROM metaads.unresolved_leads
WHERE tenant_id = %(tenant_id)s AND leadgen_id = ANY (%(leadgen_ids)s)
