-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- What touches of other channels than WhatsApp bring: ids of people without a phone, pages, forms. `contact_key` is the
-- phone in the one form that its other ways of writing are compared in; `contact_ids` has the keys of
-- patients.external_ids: bsuid, lid, psid, igsid.
DO $$
BEGIN
    ALTER TABLE metaads.referral_events
        ADD COLUMN IF NOT EXISTS contact_key text,
        ADD COLUMN IF NOT EXISTS contact_ids jsonb,
        ADD COLUMN IF NOT EXISTS contact_email text,
        ADD COLUMN IF NOT EXISTS page_id text,
        ADD COLUMN IF NOT EXISTS instagram_id text,
        ADD COLUMN IF NOT EXISTS greeting text,
        ADD COLUMN IF NOT EXISTS ref text,
        ADD COLUMN IF NOT EXISTS form_id text,
        ADD COLUMN IF NOT EXISTS leadgen_id text;
END
$$;
