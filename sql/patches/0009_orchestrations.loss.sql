-- Row level security is forced: the rows of one tenant after the other.
SELECT 'rows of metaads.' || held.name AS what, sum(held.count)::bigint AS count
FROM public.tenants AS tenant
CROSS JOIN LATERAL (SELECT metaads.set_tenant(tenant.id)::text) AS chosen (done)
CROSS JOIN LATERAL (
    SELECT 'orchestration_steps', count(*) FROM metaads.orchestration_steps WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'orchestration_nodes', count(*) FROM metaads.orchestration_nodes WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'orchestrations', count(*) FROM metaads.orchestrations WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'media', count(*) FROM metaads.media WHERE tenant_id = tenant.id AND chosen.done = ''
) AS held (name, count)
GROUP BY held.name
ORDER BY held.name;
