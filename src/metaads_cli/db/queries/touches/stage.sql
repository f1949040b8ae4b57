-- Where one batch lands before it is merged. What a touch says is written once; what is found out about it stands in
-- narrow rows of its own. Each batch begins by emptying them: ON COMMIT DELETE ROWS would cost every transaction that
-- looks at a temporary table more than a small batch itself does.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_touches (
    n integer NOT NULL,
    is_again boolean NOT NULL DEFAULT false,
    channel text NOT NULL,
    event_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    contact_phone text,
    contact_key text,
    contact_user_id text,
    contact_ids jsonb,
    contact_email text,
    contact_name text,
    phone_number_id text,
    page_id text,
    instagram_id text,
    source_type text,
    from_ad boolean NOT NULL,
    ad_id text,
    source_id text,
    source_url text,
    headline text,
    body text,
    media_type text,
    media_url text,
    ctwa_clid text,
    greeting text,
    ref text,
    form_id text,
    leadgen_id text,
    referral jsonb NOT NULL
);

CREATE TEMPORARY TABLE IF NOT EXISTS matched_touches (
    n integer NOT NULL,
    channel text NOT NULL,
    event_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    contact_key text,
    contact_ids jsonb,
    from_ad boolean NOT NULL,
    person_id {person_type},
    held_reason text,
    was_person {person_type},
    is_known boolean NOT NULL,
    is_changed boolean NOT NULL,
    is_created boolean NOT NULL DEFAULT false,
    by_id boolean NOT NULL DEFAULT false
);

CREATE TEMPORARY TABLE IF NOT EXISTS chosen_touches (
    channel text NOT NULL,
    event_id text NOT NULL
);

CREATE TEMPORARY TABLE IF NOT EXISTS new_identities (
    kind text NOT NULL,
    identifier text NOT NULL
)
