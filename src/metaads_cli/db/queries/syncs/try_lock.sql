-- One sync of an account at a time, on whichever host.
SELECT pg_try_advisory_lock(
    hashtextextended(format('metaads sync of tenant %%s account %%s', %(tenant_id)s::integer, %(account_id)s::text), 0)
)
