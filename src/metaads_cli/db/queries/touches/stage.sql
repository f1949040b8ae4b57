-- Where one batch lands before it is merged. Emptied by each commit and each rollback.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_touches (
    channel text NOT NULL,
    event_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    contact_phone text,
    contact_user_id text,
    contact_name text,
    phone_number_id text,
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
    referral jsonb NOT NULL,
    PRIMARY KEY (channel, event_id)
) ON COMMIT DELETE ROWS
