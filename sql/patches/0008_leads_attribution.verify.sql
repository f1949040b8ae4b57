-- What the host had before may have no length or be text, as its other columns are; and acquisition_source no default,
-- since NULL reads as ORGANIC. Another default would say of every lead where it came from.
SELECT format('public.leads.%s', expected.name) AS check,
       coalesce(format_type(a.atttypid, a.atttypmod) = ANY (expected.types), false)
           AND (d.adbin IS NULL OR expected.default_value IS NULL
                OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE expected.default_value || '::%', false)) AS ok,
       format('is %s, default %s; expected %s, default %s',
              coalesce(format_type(a.atttypid, a.atttypmod), 'missing'),
              coalesce(pg_get_expr(d.adbin, d.adrelid), 'none'),
              array_to_string(expected.types, ' or '),
              coalesce(expected.default_value || ' or none', 'any')) AS detail
FROM (VALUES
    ('acquisition_source', ARRAY['character varying(50)', 'character varying', 'text'], '''ORGANIC'''),
    ('meta_campaign_id', ARRAY['character varying(255)', 'character varying', 'text'], NULL),
    ('meta_ad_id', ARRAY['character varying(255)', 'character varying', 'text'], NULL),
    ('meta_ad_headline', ARRAY['text'], NULL),
    ('meta_ad_body', ARRAY['text'], NULL)
) AS expected (name, types, default_value)
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = 'public.leads'::regclass AND a.attname = expected.name AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef AS d
    ON d.adrelid = a.attrelid AND d.adnum = a.attnum;
