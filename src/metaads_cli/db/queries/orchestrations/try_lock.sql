-- One run of a campaign key at a time, on whichever host.
SELECT pg_try_advisory_lock(
    hashtextextended(
        format('metaads campaign of tenant %%s %%s %%s', %(tenant_id)s::integer, %(data_source)s::text,
               %(campaign_key)s::text),
        0
    )
)
