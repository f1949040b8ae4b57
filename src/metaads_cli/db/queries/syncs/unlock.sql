-- Give the account back before the connection ends.
SELECT pg_advisory_unlock(
    hashtextextended(format('metaads sync of tenant %%s account %%s', %(tenant_id)s::integer, %(account_id)s::text), 0)
)
