-- A CRM is known by its leads; before its parche 16, by what only a CRM has, and by having no patients. A clinic that
-- sells as well keeps its patients: its leads, if it wants any, are made by its own application.
SELECT to_regclass('public.leads') IS NOT NULL
    OR (to_regclass('public.patients') IS NULL
        AND coalesce(to_regclass('public.opportunities'), to_regclass('public.sales_transactions'),
                     to_regclass('public.meta_tokens')) IS NOT NULL) AS applies;
