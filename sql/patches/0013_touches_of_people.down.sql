-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=60000 destructive=yes
-- The touches of leads go: nothing else could say whose they are. What they brought into leads stays.
DO $$
BEGIN
    IF to_regclass('metaads.person_touches') IS NOT NULL THEN
        DROP VIEW metaads.person_touches;
    END IF;
    IF to_regclass('metaads.ingest_progress') IS NOT NULL THEN
        DROP TABLE metaads.ingest_progress;
    END IF;
    IF to_regclass('metaads.lead_attributions') IS NOT NULL THEN
        DROP TABLE metaads.lead_attributions;
    END IF;
    IF to_regclass('metaads.identities') IS NOT NULL THEN
        DROP TABLE metaads.identities;
    END IF;
    IF EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = to_regclass('metaads.referral_events') AND attname = 'lead_id' AND NOT attisdropped
    ) THEN
        -- The owner is held to the policy too, and would see none of the rows that are there.
        ALTER TABLE metaads.referral_events NO FORCE ROW LEVEL SECURITY;
        DELETE FROM metaads.referral_events WHERE lead_id IS NOT NULL;
        ALTER TABLE metaads.referral_events FORCE ROW LEVEL SECURITY;
        -- With the columns go the indexes and the constraint that are about them.
        ALTER TABLE metaads.referral_events DROP COLUMN lead_id;
        ALTER TABLE metaads.referral_events DROP COLUMN matched_by_id;
        ALTER TABLE metaads.referral_events DROP COLUMN created_contact;
        DROP INDEX IF EXISTS metaads.referral_events_open;
        ALTER TABLE metaads.referral_events
            ADD CONSTRAINT referral_events_held CHECK ((patient_id IS NULL) = (held_reason IS NOT NULL));
        CREATE INDEX referral_events_held_contact
            ON metaads.referral_events (tenant_id, contact_phone) WHERE patient_id IS NULL;
        ALTER TABLE metaads.attributions ADD CONSTRAINT attributions_event FOREIGN KEY (tenant_id, channel, event_id)
            REFERENCES metaads.referral_events (tenant_id, channel, event_id);
    END IF;
END
$$;
