-- Make room for the daily totals of these days.
DELETE FROM metaads.daily_totals
WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND day BETWEEN %(since)s AND %(until)s
