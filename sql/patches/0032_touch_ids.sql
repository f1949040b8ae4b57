-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=60000 min_pg=14 requires=0013_touches_of_people destructive=no
-- The ids of touches without a phone: those touches are looked at again when an id is seen with one. An index on the
-- original ids does not serve there, where row level security lets no operator that might leak look at a row first.
DO $$
BEGIN
    IF to_regclass('metaads.touch_ids') IS NULL THEN
        CREATE TABLE metaads.touch_ids (
            tenant_id integer NOT NULL,
            kind text NOT NULL,
            identifier text NOT NULL,
            channel text NOT NULL,
            event_id text NOT NULL,
            PRIMARY KEY (tenant_id, kind, identifier, channel, event_id)
        );
        -- The owner is held to the policy too, and would see none of the rows that are there.
        ALTER TABLE metaads.referral_events NO FORCE ROW LEVEL SECURITY;
        INSERT INTO metaads.touch_ids (tenant_id, kind, identifier, channel, event_id)
        SELECT event.tenant_id, known.kind, known.identifier, event.channel, event.event_id
        FROM metaads.referral_events AS event
        CROSS JOIN LATERAL jsonb_each_text(event.contact_ids) AS known (kind, identifier)
        WHERE event.contact_key IS NULL
        ON CONFLICT DO NOTHING;
        ALTER TABLE metaads.referral_events FORCE ROW LEVEL SECURITY;
        ALTER TABLE metaads.touch_ids ENABLE ROW LEVEL SECURITY;
        ALTER TABLE metaads.touch_ids FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant_isolation ON metaads.touch_ids
            USING (tenant_id = nullif(current_setting('metaads.tenant_id', true), '')::integer);
    END IF;
    DROP INDEX IF EXISTS metaads.referral_events_open_ids;
END
$$;
