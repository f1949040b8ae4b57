-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- Only what the patch has made, which its comment tells: a table of the host's own stays.
DO $$
BEGIN
    IF obj_description(to_regclass('public.leads'), 'pg_class') = 'Made by metaads, patch 0022' THEN
        DROP TABLE public.leads;
    END IF;
END
$$;
