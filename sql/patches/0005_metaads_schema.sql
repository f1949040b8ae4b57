-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- What metaads keeps of its own. The tenant leads every key, so that the same tables can be distributed; nothing here
-- refers to a host table, so that no lock on one is needed. Amounts are exact decimals in the account's currency.
DO $$
DECLARE
    tenant_table text;
BEGIN
    -- SET LOCAL instead of set_config(): only the former reaches the workers of a cluster.
    IF to_regprocedure('metaads.set_tenant(integer)') IS NULL THEN
        CREATE FUNCTION metaads.set_tenant(tenant_id integer) RETURNS void
        LANGUAGE plpgsql SET search_path = pg_catalog AS $function$
        BEGIN
            EXECUTE format('SET LOCAL metaads.tenant_id = %L', tenant_id);
        END
        $function$;
    END IF;

    IF to_regclass('metaads.accounts') IS NULL THEN
        CREATE TABLE metaads.accounts (
            tenant_id integer NOT NULL,
            account_id text NOT NULL,
            name text,
            currency text,
            timezone_name text,
            token_ref text,
            page_ids text[] NOT NULL DEFAULT '{}',
            instagram_ids text[] NOT NULL DEFAULT '{}',
            phone_number_ids text[] NOT NULL DEFAULT '{}',
            waba_ids text[] NOT NULL DEFAULT '{}',
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (tenant_id, account_id),
            -- A token itself is never stored: only where it is kept.
            CONSTRAINT accounts_token_ref CHECK (token_ref ~ '^(env|file):')
        );
    END IF;

    IF to_regclass('metaads.referral_events') IS NULL THEN
        CREATE TABLE metaads.referral_events (
            tenant_id integer NOT NULL,
            channel text NOT NULL,
            event_id text NOT NULL,
            occurred_at timestamptz NOT NULL,
            patient_id integer,
            held_reason text,
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
            PRIMARY KEY (tenant_id, channel, event_id),
            CONSTRAINT referral_events_held CHECK ((patient_id IS NULL) = (held_reason IS NOT NULL))
        );
        CREATE INDEX referral_events_patient ON metaads.referral_events (tenant_id, patient_id, occurred_at);
        CREATE INDEX referral_events_ad ON metaads.referral_events (tenant_id, ad_id);
        CREATE INDEX referral_events_held_contact
            ON metaads.referral_events (tenant_id, contact_phone) WHERE patient_id IS NULL;
    END IF;

    -- What metaads itself wrote into patients: the touch behind each first-touch attribution. A person without a row
    -- was attributed by the host, whose word is never overwritten.
    IF to_regclass('metaads.attributions') IS NULL THEN
        CREATE TABLE metaads.attributions (
            tenant_id integer NOT NULL,
            patient_id integer NOT NULL,
            channel text NOT NULL,
            event_id text NOT NULL,
            PRIMARY KEY (tenant_id, patient_id),
            CONSTRAINT attributions_event FOREIGN KEY (tenant_id, channel, event_id)
                REFERENCES metaads.referral_events (tenant_id, channel, event_id)
        );
    END IF;

    IF to_regclass('metaads.campaigns') IS NULL THEN
        CREATE TABLE metaads.campaigns (
            tenant_id integer NOT NULL,
            campaign_id text NOT NULL,
            account_id text NOT NULL,
            name text NOT NULL,
            objective text,
            buying_type text,
            special_ad_categories text[],
            status text,
            effective_status text,
            daily_budget numeric,
            lifetime_budget numeric,
            start_time timestamptz,
            stop_time timestamptz,
            created_time timestamptz,
            updated_time timestamptz,
            fetched_at timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, campaign_id)
        );
    END IF;

    IF to_regclass('metaads.adsets') IS NULL THEN
        CREATE TABLE metaads.adsets (
            tenant_id integer NOT NULL,
            adset_id text NOT NULL,
            account_id text NOT NULL,
            campaign_id text NOT NULL,
            name text NOT NULL,
            status text,
            effective_status text,
            optimization_goal text,
            billing_event text,
            destination_type text,
            daily_budget numeric,
            lifetime_budget numeric,
            targeting jsonb,
            start_time timestamptz,
            end_time timestamptz,
            created_time timestamptz,
            updated_time timestamptz,
            fetched_at timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, adset_id)
        );
        CREATE INDEX adsets_campaign ON metaads.adsets (tenant_id, campaign_id);
    END IF;

    IF to_regclass('metaads.ads') IS NULL THEN
        CREATE TABLE metaads.ads (
            tenant_id integer NOT NULL,
            ad_id text NOT NULL,
            account_id text NOT NULL,
            campaign_id text NOT NULL,
            adset_id text NOT NULL,
            creative_id text,
            name text NOT NULL,
            status text,
            effective_status text,
            created_time timestamptz,
            updated_time timestamptz,
            fetched_at timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, ad_id)
        );
        CREATE INDEX ads_adset ON metaads.ads (tenant_id, adset_id);
        CREATE INDEX ads_campaign ON metaads.ads (tenant_id, campaign_id);
    END IF;

    IF to_regclass('metaads.creatives') IS NULL THEN
        CREATE TABLE metaads.creatives (
            tenant_id integer NOT NULL,
            creative_id text NOT NULL,
            account_id text NOT NULL,
            name text,
            title text,
            body text,
            call_to_action_type text,
            image_hash text,
            video_id text,
            thumbnail_url text,
            object_story_spec jsonb,
            fetched_at timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, creative_id)
        );
    END IF;

    -- One row per entity and day, in the account's time zone and currency. Absent is NULL, not zero.
    IF to_regclass('metaads.insights') IS NULL THEN
        CREATE TABLE metaads.insights (
            tenant_id integer NOT NULL,
            account_id text NOT NULL,
            entity_type text NOT NULL CONSTRAINT insights_entity_type
                CHECK (entity_type IN ('campaign', 'adset', 'ad')),
            entity_id text NOT NULL,
            day date NOT NULL,
            campaign_id text NOT NULL,
            adset_id text,
            ad_id text,
            currency text NOT NULL,
            spend numeric,
            impressions bigint,
            clicks bigint,
            reach bigint,
            frequency numeric,
            unique_clicks bigint,
            ctr numeric,
            cpc numeric,
            conversions numeric,
            revenue numeric,
            roas numeric,
            cost_per_conversion numeric,
            attribution_setting text,
            actions jsonb,
            action_values jsonb,
            fetched_at timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, account_id, entity_type, entity_id, day)
        );
        CREATE INDEX insights_day ON metaads.insights (tenant_id, entity_type, day);
        CREATE INDEX insights_entity ON metaads.insights (tenant_id, entity_id, day);
    END IF;

    IF to_regclass('metaads.sync_runs') IS NULL THEN
        CREATE TABLE metaads.sync_runs (
            tenant_id integer NOT NULL,
            run_id uuid NOT NULL,
            account_id text NOT NULL,
            sync_type text NOT NULL CONSTRAINT sync_runs_sync_type CHECK (sync_type IN ('manual', 'automatic')),
            mode text NOT NULL CONSTRAINT sync_runs_mode CHECK (mode IN ('stub', 'live', 'hybrid')),
            since date NOT NULL,
            until date NOT NULL,
            started_at timestamptz NOT NULL,
            finished_at timestamptz,
            success boolean,
            report jsonb,
            PRIMARY KEY (tenant_id, run_id, account_id)
        );
        CREATE INDEX sync_runs_started ON metaads.sync_runs (tenant_id, started_at);
    END IF;

    -- Forced, so that the owner is held to it as well. Without a tenant nothing is visible: it fails closed.
    FOREACH tenant_table IN ARRAY ARRAY[
        'accounts', 'referral_events', 'attributions', 'campaigns', 'adsets', 'ads', 'creatives', 'insights',
        'sync_runs'
    ] LOOP
        IF NOT EXISTS (
            SELECT FROM pg_catalog.pg_policy
            WHERE polrelid = to_regclass(format('metaads.%I', tenant_table)) AND polname = 'tenant_isolation'
        ) THEN
            EXECUTE format('ALTER TABLE metaads.%I ENABLE ROW LEVEL SECURITY', tenant_table);
            EXECUTE format('ALTER TABLE metaads.%I FORCE ROW LEVEL SECURITY', tenant_table);
            EXECUTE format(
                'CREATE POLICY tenant_isolation ON metaads.%I'
                ' USING (tenant_id = nullif(current_setting(''metaads.tenant_id'', true), '''')::integer)',
                tenant_table
            );
        END IF;
    END LOOP;
END
$$;
