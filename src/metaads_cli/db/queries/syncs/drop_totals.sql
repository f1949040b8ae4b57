-- The daily totals of simulated rows.
DELETE FROM metaads.daily_totals WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s
