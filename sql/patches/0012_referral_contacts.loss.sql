-- Row level security is forced: the rows of one tenant after the other.
SELECT 'touches with ' || held.name AS what, sum(held.count)::bigint AS count
FROM public.tenants AS tenant
CROSS JOIN LATERAL (SELECT metaads.set_tenant(tenant.id)::text) AS chosen (done)
CROSS JOIN LATERAL (
    SELECT known.name, count(*)
    FROM metaads.referral_events AS touch
    CROSS JOIN LATERAL (VALUES
        ('contact_key', touch.contact_key), ('contact_ids', touch.contact_ids::text),
        ('contact_email', touch.contact_email), ('page_id', touch.page_id), ('instagram_id', touch.instagram_id),
        ('greeting', touch.greeting), ('ref', touch.ref), ('form_id', touch.form_id), ('leadgen_id', touch.leadgen_id)
    ) AS known (name, value)
    WHERE touch.tenant_id = tenant.id AND chosen.done = '' AND known.value IS NOT NULL
    GROUP BY known.name
) AS held (name, count)
GROUP BY held.name
ORDER BY held.name;
