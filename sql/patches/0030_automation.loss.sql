-- A table of the host's own stays.
SELECT 'automation_rules' AS what, count(*) AS count
FROM public.automation_rules
WHERE obj_description(to_regclass('public.automation_rules'), 'pg_class') = 'Made by metaads, patch 0030'
UNION ALL
SELECT 'automation_logs' AS what, count(*) AS count
FROM public.automation_logs
WHERE obj_description(to_regclass('public.automation_logs'), 'pg_class') = 'Made by metaads, patch 0030';
