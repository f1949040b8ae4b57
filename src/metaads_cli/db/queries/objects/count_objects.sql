-- How many campaigns and ad sets the catalogue has of the account.
SELECT (SELECT count(*) FROM metaads.campaigns WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s),
       (SELECT count(*) FROM metaads.adsets WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s)
