-- metaads: mode=batched when=public.system_events requires=0024_system_events_columns lock_timeout_ms=1000 statement_timeout_ms=900000 min_pg=14 destructive=no
-- Fills what the older shape of audit events says under other names, and the tenant where the event tells it: by its
-- own tenant_id, by its user, by its lead. What does not tell stays without one. A value that is there is never changed.
DO $$
DECLARE
    pages_at_once constant bigint := 1000;
    leaf regclass;
    page bigint;
    pages bigint;
    changed bigint;
    changed_in_pass bigint;
    -- A user's id is not taken over into a column of another type.
    takes_users boolean := (
        SELECT count(DISTINCT atttypid) = 1 FROM pg_catalog.pg_attribute
        WHERE (attrelid, attname) IN (('public.system_events'::regclass, 'user_id'), (to_regclass('public.users'), 'id'))
    );
BEGIN
    -- Where row level security would hide rows, an error is better than a tenant that is missing.
    PERFORM set_config('row_security', 'off', true);
    IF to_regclass('pg_temp.known_ids') IS NOT NULL THEN
        DROP TABLE pg_temp.known_ids;
    END IF;
    -- to_jsonb(): a column that a host does not have reads as NULL.
    CREATE TEMPORARY TABLE known_ids (kind text, id text, tenant_id text, PRIMARY KEY (kind, id));
    IF to_regclass('public.tenants') IS NOT NULL THEN
        INSERT INTO pg_temp.known_ids SELECT 'tenant', each.id::text, each.id::text FROM public.tenants AS each;
    END IF;
    IF to_regclass('public.users') IS NOT NULL THEN
        INSERT INTO pg_temp.known_ids
        SELECT 'user', each.id::text, to_jsonb(each) ->> 'tenant_id' FROM public.users AS each;
    END IF;
    IF to_regclass('public.leads') IS NOT NULL THEN
        INSERT INTO pg_temp.known_ids SELECT 'lead', each.id::text, each.tenant_id::text FROM public.leads AS each;
    END IF;
    ANALYZE pg_temp.known_ids;
    COMMIT;

    -- The table's key is not known: it is read by its pages. Rows that moved meanwhile are found by the next pass.
    FOR pass IN 1..5 LOOP
        changed_in_pass := 0;
        FOR leaf IN
            SELECT oid FROM pg_catalog.pg_class
            WHERE relkind = 'r' AND (oid = 'public.system_events'::regclass
                  OR oid IN (SELECT relid FROM pg_partition_tree('public.system_events')))
        LOOP
            page := 0;
            pages := pg_relation_size(leaf) / current_setting('block_size')::bigint;
            WHILE page < pages LOOP
                PERFORM set_config('row_security', 'off', true);
                UPDATE public.system_events AS event
                SET tenant_id = coalesce(event.tenant_id, (derived.filled).tenant_id),
                    user_id = coalesce(event.user_id, (derived.filled).user_id),
                    description = coalesce(event.description, (derived.filled).description),
                    metadata = coalesce(event.metadata, (derived.filled).metadata),
                    created_at = coalesce(event.created_at, (derived.filled).created_at)
                FROM (
                    SELECT known.place, jsonb_populate_record(NULL::public.system_events, jsonb_build_object(
                               'tenant_id', coalesce(stated.id, writer.tenant_id, contact.tenant_id),
                               'user_id', CASE WHEN takes_users THEN writer.id END,
                               'description', known.fields ->> 'message',
                               'metadata', nullif(known.fields -> 'payload', 'null'),
                               'created_at', known.fields ->> 'occurred_at'
                           )) AS filled
                    FROM (
                        SELECT each.ctid AS place, to_jsonb(each) AS fields FROM public.system_events AS each
                        WHERE each.tableoid = leaf AND each.ctid >= format('(%s,0)', page)::tid
                          AND each.ctid < format('(%s,0)', page + pages_at_once)::tid
                    ) AS known
                    LEFT JOIN pg_temp.known_ids AS stated ON stated.kind = 'tenant' AND stated.id = coalesce(
                        known.fields #>> '{payload,tenant_id}', known.fields #>> '{metadata,tenant_id}')
                    LEFT JOIN pg_temp.known_ids AS writer ON writer.kind = 'user' AND writer.id = coalesce(
                        known.fields ->> 'user_id', known.fields #>> '{payload,user_id}',
                        known.fields #>> '{metadata,user_id}')
                    LEFT JOIN pg_temp.known_ids AS contact ON contact.kind = 'lead' AND contact.id = coalesce(
                        known.fields #>> '{payload,lead_id}', known.fields #>> '{metadata,lead_id}')
                    OFFSET 0
                ) AS derived
                WHERE event.tableoid = leaf AND event.ctid = derived.place
                  AND (event.tenant_id IS NULL AND (derived.filled).tenant_id IS NOT NULL
                       OR event.user_id IS NULL AND (derived.filled).user_id IS NOT NULL
                       OR event.description IS NULL AND (derived.filled).description IS NOT NULL
                       OR event.metadata IS NULL AND (derived.filled).metadata IS NOT NULL
                       OR event.created_at IS NULL AND (derived.filled).created_at IS NOT NULL);
                GET DIAGNOSTICS changed = ROW_COUNT;
                COMMIT;
                changed_in_pass := changed_in_pass + changed;
                page := page + pages_at_once;
            END LOOP;
        END LOOP;
        EXIT WHEN changed_in_pass = 0;
    END LOOP;
    DROP TABLE pg_temp.known_ids;
END
$$;
