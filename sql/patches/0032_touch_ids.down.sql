-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=60000 destructive=no
-- Nothing is lost: the touches keep their ids.
DO $$
BEGIN
    IF to_regclass('metaads.touch_ids') IS NOT NULL THEN
        DROP TABLE metaads.touch_ids;
    END IF;
    CREATE INDEX IF NOT EXISTS referral_events_open_ids
        ON metaads.referral_events USING gin (contact_ids jsonb_path_ops) WHERE held_reason IS NOT NULL OR matched_by_id;
END
$$;
