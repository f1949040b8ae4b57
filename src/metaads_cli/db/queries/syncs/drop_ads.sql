-- Simulated rows make room for real ones.
DELETE FROM metaads.ads WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s
