SELECT format('metaads.referral_events.%s', expected.name) AS check,
       coalesce(format_type(a.atttypid, a.atttypmod) = expected.type, false) AS ok,
       format('is %s; expected %s', coalesce(format_type(a.atttypid, a.atttypmod), 'missing'), expected.type) AS detail
FROM (VALUES
    ('contact_key', 'text'), ('contact_ids', 'jsonb'), ('contact_email', 'text'), ('page_id', 'text'),
    ('instagram_id', 'text'), ('greeting', 'text'), ('ref', 'text'), ('form_id', 'text'), ('leadgen_id', 'text')
) AS expected (name, type)
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = to_regclass('metaads.referral_events') AND a.attname = expected.name AND NOT a.attisdropped;
