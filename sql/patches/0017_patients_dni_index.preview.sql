-- A host without a unique constraint may have these; nothing of them is changed, and the index is not unique.
SELECT 'values of dni that a tenant has more than once in patients' AS what, count(*) AS count
FROM (
    SELECT FROM public.patients WHERE dni IS NOT NULL GROUP BY tenant_id, dni HAVING count(*) > 1
) AS repeated;
