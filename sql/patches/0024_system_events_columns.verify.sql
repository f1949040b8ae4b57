-- A user's id is what public.users has it as.
SELECT format('public.system_events.%s', expected.name) AS check,
       a.attname IS NOT NULL
           AND (expected.types IS NULL OR format_type(a.atttypid, NULL) = ANY (expected.types)) AS ok,
       format('is %s; expected %s', coalesce(format_type(a.atttypid, a.atttypmod), 'missing'),
              coalesce(array_to_string(expected.types, ' or '), 'any type')) AS detail
FROM (VALUES
    ('tenant_id', ARRAY['integer', 'bigint']), ('user_id', NULL),
    ('event_type', ARRAY['character varying', 'text']), ('description', ARRAY['text', 'character varying']),
    ('metadata', ARRAY['jsonb', 'json']),
    ('created_at', ARRAY['timestamp with time zone', 'timestamp without time zone'])
) AS expected (name, types)
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = to_regclass('public.system_events') AND a.attname = expected.name AND NOT a.attisdropped;
