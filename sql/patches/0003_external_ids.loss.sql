-- to_jsonb(): a column that is gone already reads as NULL.
SELECT 'patients with external_ids' AS what, count(*) AS count
FROM public.patients AS person
WHERE coalesce(to_jsonb(person) -> 'external_ids', '{}') NOT IN ('{}', 'null');
