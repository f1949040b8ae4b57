-- Hosts have text where parche 16 has a length, and times with and without a zone.
SELECT format('public.leads.%s', expected.name) AS check,
       coalesce(format_type(a.atttypid, NULL) = ANY (expected.types), false) AS ok,
       format('is %s; expected %s', coalesce(format_type(a.atttypid, a.atttypmod), 'missing'),
              array_to_string(expected.types, ' or ')) AS detail
FROM (VALUES
    ('id', ARRAY['uuid', 'integer', 'bigint']), ('tenant_id', ARRAY['integer', 'bigint']),
    ('first_name', ARRAY['character varying', 'text']), ('last_name', ARRAY['character varying', 'text']),
    ('phone_number', ARRAY['text', 'character varying']), ('email', ARRAY['character varying', 'text']),
    ('status', ARRAY['character varying', 'text']), ('source', ARRAY['character varying', 'text']),
    ('created_at', ARRAY['timestamp with time zone', 'timestamp without time zone']),
    ('updated_at', ARRAY['timestamp with time zone', 'timestamp without time zone'])
) AS expected (name, types)
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = to_regclass('public.leads') AND a.attname = expected.name AND NOT a.attisdropped;
