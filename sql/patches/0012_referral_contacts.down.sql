-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- The touches stay, without what other channels than WhatsApp bring.
DO $$
BEGIN
    ALTER TABLE metaads.referral_events
        DROP COLUMN IF EXISTS contact_key,
        DROP COLUMN IF EXISTS contact_ids,
        DROP COLUMN IF EXISTS contact_email,
        DROP COLUMN IF EXISTS page_id,
        DROP COLUMN IF EXISTS instagram_id,
        DROP COLUMN IF EXISTS greeting,
        DROP COLUMN IF EXISTS ref,
        DROP COLUMN IF EXISTS form_id,
        DROP COLUMN IF EXISTS leadgen_id;
END
$$;
