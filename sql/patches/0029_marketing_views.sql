-- metaads: mode=tx when=public.leads lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no
-- The CRM's parche 38: campaigns and insights as the CRM names them, read from where metaads keeps them, and the
-- templates of its messages. A table that the host has already stays what it is. The views show what the reader may
-- see: of the tenant of metaads.set_tenant(), and only to who may read schema metaads.
DO $$
BEGIN
    -- Without security_invoker a view reads with its owner's rights.
    IF current_setting('server_version_num')::integer < 150000 THEN
        RAISE NOTICE 'public.meta_ads_campaigns and public.meta_ads_insights need PostgreSQL 15; they were left out';
    ELSE
        IF to_regclass('public.meta_ads_campaigns') IS NULL THEN
            EXECUTE $view$
                CREATE VIEW public.meta_ads_campaigns WITH (security_invoker = true, security_barrier = true) AS
                SELECT c.tenant_id, c.campaign_id, c.account_id, a.name AS account_name, a.currency, c.name, c.objective,
                       c.status, c.effective_status, c.daily_budget, c.lifetime_budget, c.start_time, c.stop_time,
                       c.created_time, c.updated_time, c.fetched_at
                FROM metaads.campaigns AS c
                LEFT JOIN metaads.accounts AS a ON a.tenant_id = c.tenant_id AND a.account_id = c.account_id
            $view$;
            COMMENT ON VIEW public.meta_ads_campaigns IS 'Made by metaads, patch 0029';
        END IF;
        IF to_regclass('public.meta_ads_insights') IS NULL THEN
            EXECUTE $view$
                CREATE VIEW public.meta_ads_insights WITH (security_invoker = true, security_barrier = true) AS
                SELECT i.tenant_id, i.account_id, i.entity_type, i.entity_id, i.day, i.campaign_id,
                       c.name AS campaign_name, i.adset_id, i.ad_id, i.currency, i.spend, i.impressions, i.clicks,
                       i.reach, i.frequency, i.unique_clicks, i.ctr, i.cpc, i.conversions, i.revenue, i.roas,
                       i.cost_per_conversion, i.fetched_at
                FROM metaads.insights AS i
                LEFT JOIN metaads.campaigns AS c ON c.tenant_id = i.tenant_id AND c.campaign_id = i.campaign_id
            $view$;
            COMMENT ON VIEW public.meta_ads_insights IS 'Made by metaads, patch 0029';
        END IF;
    END IF;

    IF to_regclass('public.meta_templates') IS NULL THEN
        CREATE TABLE public.meta_templates (
            tenant_id integer NOT NULL,
            template_id text NOT NULL,
            waba_id text,
            name text NOT NULL,
            language text NOT NULL,
            category text,
            status text,
            components jsonb,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT meta_templates_pkey PRIMARY KEY (tenant_id, template_id)
        );
        COMMENT ON TABLE public.meta_templates IS 'Made by metaads, patch 0029';
    END IF;
END
$$;
