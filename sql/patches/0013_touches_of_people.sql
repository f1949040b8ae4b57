-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=60000 min_pg=14 destructive=no
-- Whom a touch is of, in a clinic and in a CRM: patients have numbers as ids, leads have UUIDs. Which ids were seen
-- together with which phone: by them a person without a phone is found. How far an interrupted ingest came.
DO $$
BEGIN
    ALTER TABLE metaads.referral_events
        ADD COLUMN IF NOT EXISTS lead_id uuid,
        -- By an id instead of a phone: such a match is looked at again when more is known of the id.
        ADD COLUMN IF NOT EXISTS matched_by_id boolean NOT NULL DEFAULT false,
        -- The person was created for this touch.
        ADD COLUMN IF NOT EXISTS created_contact boolean NOT NULL DEFAULT false;

    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'metaads.referral_events'::regclass AND conname = 'referral_events_person'
    ) THEN
        ALTER TABLE metaads.referral_events DROP CONSTRAINT IF EXISTS referral_events_held;
        ALTER TABLE metaads.referral_events ADD CONSTRAINT referral_events_person
            CHECK (num_nonnulls(patient_id, lead_id, held_reason) = 1) NOT VALID;
        ALTER TABLE metaads.referral_events VALIDATE CONSTRAINT referral_events_person;
    END IF;

    CREATE INDEX IF NOT EXISTS referral_events_lead
        ON metaads.referral_events (tenant_id, lead_id, occurred_at) WHERE lead_id IS NOT NULL;
    -- Touches that may find another person, or one at all.
    CREATE INDEX IF NOT EXISTS referral_events_open
        ON metaads.referral_events (tenant_id, channel, event_id) WHERE held_reason IS NOT NULL;
    CREATE INDEX IF NOT EXISTS referral_events_open_key
        ON metaads.referral_events (tenant_id, contact_key) WHERE held_reason IS NOT NULL OR matched_by_id;
    CREATE INDEX IF NOT EXISTS referral_events_open_ids
        ON metaads.referral_events USING gin (contact_ids jsonb_path_ops) WHERE held_reason IS NOT NULL OR matched_by_id;
    DROP INDEX IF EXISTS metaads.referral_events_held_contact;

    -- Ids that came with a phone: bsuid and lid (WhatsApp), psid (Messenger), igsid (Instagram).
    IF to_regclass('metaads.identities') IS NULL THEN
        CREATE TABLE metaads.identities (
            tenant_id integer NOT NULL,
            kind text NOT NULL,
            identifier text NOT NULL,
            contact_key text NOT NULL,
            PRIMARY KEY (tenant_id, kind, identifier, contact_key)
        );
        CREATE INDEX identities_contact ON metaads.identities (tenant_id, contact_key);
        -- The owner is held to the policy too, and would see none of the rows that are there.
        ALTER TABLE metaads.referral_events NO FORCE ROW LEVEL SECURITY;
        INSERT INTO metaads.identities (tenant_id, kind, identifier, contact_key)
        SELECT DISTINCT event.tenant_id, known.kind, known.identifier, event.contact_key
        FROM metaads.referral_events AS event
        CROSS JOIN LATERAL jsonb_each_text(event.contact_ids) AS known (kind, identifier)
        WHERE event.contact_key IS NOT NULL
        ON CONFLICT DO NOTHING;
        UPDATE metaads.referral_events SET matched_by_id = true
        WHERE contact_key IS NULL AND contact_phone IS NULL AND patient_id IS NOT NULL;
        ALTER TABLE metaads.referral_events FORCE ROW LEVEL SECURITY;
        ALTER TABLE metaads.identities ENABLE ROW LEVEL SECURITY;
        ALTER TABLE metaads.identities FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant_isolation ON metaads.identities
            USING (tenant_id = nullif(current_setting('metaads.tenant_id', true), '')::integer);
    END IF;

    -- For leads what metaads.attributions is for patients.
    IF to_regclass('metaads.lead_attributions') IS NULL THEN
        CREATE TABLE metaads.lead_attributions (
            tenant_id integer NOT NULL,
            lead_id uuid NOT NULL,
            channel text NOT NULL,
            event_id text NOT NULL,
            PRIMARY KEY (tenant_id, lead_id)
        );
        ALTER TABLE metaads.lead_attributions ENABLE ROW LEVEL SECURITY;
        ALTER TABLE metaads.lead_attributions FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant_isolation ON metaads.lead_attributions
            USING (tenant_id = nullif(current_setting('metaads.tenant_id', true), '')::integer);
    END IF;
    -- Touches are never deleted; checking that for each attribution would take as long as keeping the touch.
    ALTER TABLE metaads.attributions DROP CONSTRAINT IF EXISTS attributions_event;

    -- Files, not tenants: one file may hold touches of several. A run that ends as it should leaves nothing here.
    IF to_regclass('metaads.ingest_progress') IS NULL THEN
        CREATE TABLE metaads.ingest_progress (
            job text NOT NULL,
            source text NOT NULL,
            fingerprint text NOT NULL,
            read_to bigint NOT NULL,
            line bigint NOT NULL,
            is_finished boolean NOT NULL,
            counts jsonb NOT NULL,
            rejects_file text,
            updated_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (job, source)
        );
        ALTER TABLE metaads.ingest_progress ENABLE ROW LEVEL SECURITY;
        ALTER TABLE metaads.ingest_progress FORCE ROW LEVEL SECURITY;
        CREATE POLICY ingest_progress_all ON metaads.ingest_progress USING (true);
    END IF;

    -- First and last touch of each person by an ad, beside each other, as they are known at any moment. Before version
    -- 15 a view would read with its owner's rights.
    IF to_regclass('metaads.person_touches') IS NULL AND current_setting('server_version_num')::integer >= 150000 THEN
        EXECUTE $view$
            CREATE VIEW metaads.person_touches WITH (security_invoker = true, security_barrier = true) AS
            SELECT DISTINCT ON (tenant_id, patient_id, lead_id)
                tenant_id, patient_id, lead_id,
                first_value(occurred_at) OVER earliest AS first_touch_at,
                first_value(channel) OVER earliest AS first_channel,
                first_value(ad_id) OVER earliest AS first_ad_id,
                first_value(headline) OVER earliest AS first_headline,
                first_value(occurred_at) OVER latest AS last_touch_at,
                first_value(channel) OVER latest AS last_channel,
                first_value(ad_id) OVER latest AS last_ad_id,
                first_value(headline) OVER latest AS last_headline,
                count(*) OVER (PARTITION BY tenant_id, patient_id, lead_id) AS touches
            FROM metaads.referral_events
            WHERE from_ad AND held_reason IS NULL
            WINDOW earliest AS (PARTITION BY tenant_id, patient_id, lead_id ORDER BY occurred_at, channel, event_id),
                   latest AS (PARTITION BY tenant_id, patient_id, lead_id ORDER BY occurred_at DESC, channel, event_id)
        $view$;
    END IF;
END
$$;
