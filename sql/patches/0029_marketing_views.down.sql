-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- Only what the patch has made, which its comment tells: a table of the host's own stays.
DO $$
BEGIN
    IF obj_description(to_regclass('public.meta_templates'), 'pg_class') = 'Made by metaads, patch 0029' THEN
        DROP TABLE public.meta_templates;
    END IF;
    IF obj_description(to_regclass('public.meta_ads_insights'), 'pg_class') = 'Made by metaads, patch 0029' THEN
        DROP VIEW public.meta_ads_insights;
    END IF;
    IF obj_description(to_regclass('public.meta_ads_campaigns'), 'pg_class') = 'Made by metaads, patch 0029' THEN
        DROP VIEW public.meta_ads_campaigns;
    END IF;
END
$$;
