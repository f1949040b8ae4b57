-- Row level security is forced: the rows of one tenant after the other.
SELECT 'rows of metaads.' || held.name AS what, sum(held.count)::bigint AS count
FROM public.tenants AS tenant
CROSS JOIN LATERAL (SELECT metaads.set_tenant(tenant.id)::text) AS chosen (done)
CROSS JOIN LATERAL (
    SELECT 'unresolved_leads', count(*) FROM metaads.unresolved_leads WHERE tenant_id = tenant.id AND chosen.done = ''
) AS held (name, count)
GROUP BY held.name
ORDER BY held.name;
