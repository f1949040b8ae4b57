-- to_jsonb(): before 0024 the older shape has no tenant_id.
SELECT 'system_events without a tenant, filled where the event tells it' AS what, count(*) AS count
FROM public.system_events AS event
WHERE to_jsonb(event) ->> 'tenant_id' IS NULL;
