SELECT format('metaads.referral_events.%s', expected.name) AS check,
       coalesce(format_type(a.atttypid, a.atttypmod) = expected.type, false) AS ok,
       format('is %s; expected %s', coalesce(format_type(a.atttypid, a.atttypmod), 'missing'), expected.type) AS detail
FROM (VALUES ('lead_id', 'uuid'), ('matched_by_id', 'boolean'), ('created_contact', 'boolean'))
    AS expected (name, type)
LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = to_regclass('metaads.referral_events') AND a.attname = expected.name AND NOT a.attisdropped
UNION ALL
SELECT format('metaads.%s', expected.name),
       coalesce(c.relrowsecurity AND c.relforcerowsecurity AND p.polname IS NOT NULL, false),
       'the table must exist, and its tenants be isolated'
FROM unnest(ARRAY['referral_events', 'identities', 'lead_attributions']) AS expected (name)
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(format('metaads.%I', expected.name))
LEFT JOIN pg_catalog.pg_policy AS p ON p.polrelid = c.oid AND p.polname = 'tenant_isolation'
UNION ALL
SELECT format('metaads.%s', expected.name),
       to_regclass(format('metaads.%I', expected.name)) IS NOT NULL
           OR current_setting('server_version_num')::integer < expected.since,
       'it must exist'
FROM (VALUES ('ingest_progress', 0), ('person_touches', 150000)) AS expected (name, since);
