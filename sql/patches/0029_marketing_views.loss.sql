-- A table of the host's own stays.
SELECT 'meta_templates' AS what, count(*) AS count
FROM public.meta_templates
WHERE obj_description(to_regclass('public.meta_templates'), 'pg_class') = 'Made by metaads, patch 0029';
