-- NULL reads as ORGANIC, the default. to_jsonb(): a column that is gone already reads as NULL.
SELECT 'leads with ' || held.name AS what, count(*) AS count
FROM public.leads AS person
CROSS JOIN LATERAL (VALUES
    ('an acquisition_source', nullif(to_jsonb(person) ->> 'acquisition_source', 'ORGANIC')),
    ('a meta_campaign_id', to_jsonb(person) ->> 'meta_campaign_id'),
    ('a meta_ad_id', to_jsonb(person) ->> 'meta_ad_id'),
    ('a meta_ad_headline', to_jsonb(person) ->> 'meta_ad_headline'),
    ('a meta_ad_body', to_jsonb(person) ->> 'meta_ad_body')
) AS held (name, value)
WHERE held.value IS NOT NULL
GROUP BY held.name
ORDER BY held.name;
