-- Resolved ads, each with its ad set and campaign, before they are merged. Emptied by each commit and each rollback.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_ads (
    ad_id text PRIMARY KEY,
    account_id text NOT NULL,
    campaign_id text NOT NULL,
    adset_id text NOT NULL,
    creative_id text,
    name text NOT NULL,
    status text,
    effective_status text,
    created_time timestamptz,
    updated_time timestamptz,
    adset_name text NOT NULL,
    adset_status text,
    adset_effective_status text,
    campaign_name text NOT NULL,
    objective text,
    campaign_status text,
    campaign_effective_status text
) ON COMMIT DELETE ROWS
