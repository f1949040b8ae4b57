-- What the older shape has under other names is not lost; in the newer one nothing is dropped.
SELECT 'system_events with a ' || lost.what AS what, lost.count
FROM (
    SELECT count(tenant_id) AS tenants, count(user_id) AS users FROM public.system_events
    WHERE EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.system_events'::regclass AND attname = 'occurred_at' AND NOT attisdropped
    )
) AS events
CROSS JOIN LATERAL (VALUES ('tenant', events.tenants), ('user', events.users)) AS lost (what, count);
