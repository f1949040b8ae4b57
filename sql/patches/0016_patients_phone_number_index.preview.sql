-- A host without a unique constraint may have these; nothing of them is changed, and the index is not unique.
SELECT 'values of phone_number that a tenant has more than once in patients' AS what, count(*) AS count
FROM (
    SELECT FROM public.patients WHERE phone_number IS NOT NULL GROUP BY tenant_id, phone_number HAVING count(*) > 1
) AS repeated;
