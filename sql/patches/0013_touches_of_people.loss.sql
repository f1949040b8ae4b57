-- Row level security is forced: the rows of one tenant after the other.
SELECT held.name AS what, sum(held.count)::bigint AS count
FROM public.tenants AS tenant
CROSS JOIN LATERAL (SELECT metaads.set_tenant(tenant.id)::text) AS chosen (done)
CROSS JOIN LATERAL (
    SELECT 'touches of leads', count(lead_id)
    FROM metaads.referral_events WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'touches matched by an id', count(*) FILTER (WHERE matched_by_id)
    FROM metaads.referral_events WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'rows of metaads.identities', count(*)
    FROM metaads.identities WHERE tenant_id = tenant.id AND chosen.done = ''
    UNION ALL SELECT 'rows of metaads.lead_attributions', count(*)
    FROM metaads.lead_attributions WHERE tenant_id = tenant.id AND chosen.done = ''
) AS held (name, count)
GROUP BY held.name
ORDER BY held.name;
