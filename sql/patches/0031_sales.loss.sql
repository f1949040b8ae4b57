-- A table of the host's own stays.
SELECT 'sales_transactions' AS what, count(*) AS count
FROM public.sales_transactions
WHERE obj_description(to_regclass('public.sales_transactions'), 'pg_class') = 'Made by metaads, patch 0031'
UNION ALL
SELECT 'opportunities' AS what, count(*) AS count
FROM public.opportunities
WHERE obj_description(to_regclass('public.opportunities'), 'pg_class') = 'Made by metaads, patch 0031';
