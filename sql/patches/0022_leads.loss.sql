-- A table of the host's own stays.
SELECT 'leads' AS what, count(*) AS count
FROM public.leads
WHERE obj_description(to_regclass('public.leads'), 'pg_class') = 'Made by metaads, patch 0022';
