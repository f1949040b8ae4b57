-- A length may be missing: hosts that applied the older specification have plain varchar.
SELECT format('public.patients.%s', expected.name) AS check,
       coalesce(format_type(a.atttypid, a.atttypmod) = ANY (expected.types), false)
           AND (expected.default_value IS NULL
                OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE expected.default_value || '%', false)) AS ok,
       format('is %s, default %s; expected %s, default %s',
              coalesce(format_type(a.atttypid, a.atttypmod), 'missing'),
              coalesce(pg_get_expr(d.adbin, d.adrelid), 'none'),
              array_to_string(expected.types, ' or '),
              coalesce(expected.default_value, 'none')) AS detail
FROM (VALUES
    ('acquisition_source', ARRAY['character varying(50)', 'character varying'], '''ORGANIC'''),
    ('meta_campaign_id', ARRAY['character varying(255)', 'character varying'], NULL),
    ('meta_ad_id', ARRAY['character varying(255)', 'character varying'], NULL),
    ('meta_ad_headline', ARRAY['text'], NULL),
    ('meta_ad_body', ARRAY['text'], NULL)
) AS expected (name, types, default_value)
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = 'public.patients'::regclass AND a.attname = expected.name AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef AS d
    ON d.adrelid = a.attrelid AND d.adnum = a.attnum;
