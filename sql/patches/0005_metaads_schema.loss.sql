-- Row level security is forced: the rows of one tenant after the other.
SELECT 'rows of metaads.' || held.name AS what, sum(held.count)::bigint AS count
FROM public.tenants AS tenant
CROSS JOIN LATERAL (SELECT metaads.set_tenant(tenant.id)::text) AS chosen (done)
CROSS JOIN LATERAL (
    SELECT 'attributions', count(*) FROM metaads.attributions WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'referral_events', count(*) FROM metaads.referral_events WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'accounts', count(*) FROM metaads.accounts WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'campaigns', count(*) FROM metaads.campaigns WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'adsets', count(*) FROM metaads.adsets WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'ads', count(*) FROM metaads.ads WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'creatives', count(*) FROM metaads.creatives WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'insights', count(*) FROM metaads.insights WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'sync_runs', count(*) FROM metaads.sync_runs WHERE tenant_id = tenant.id AND chosen.done = ''
) AS held (name, count)
GROUP BY held.name
ORDER BY held.name;
