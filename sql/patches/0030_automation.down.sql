-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- Only what the patch has made, which its comment tells: a table of the host's own stays.
DO $$
BEGIN
    IF obj_description(to_regclass('public.automation_rules'), 'pg_class') = 'Made by metaads, patch 0030' THEN
        DROP TABLE public.automation_rules;
    END IF;
    IF obj_description(to_regclass('public.automation_logs'), 'pg_class') = 'Made by metaads, patch 0030' THEN
        DROP TABLE public.automation_logs;
    END IF;
END
$$;
