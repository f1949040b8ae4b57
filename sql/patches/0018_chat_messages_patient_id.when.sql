-- Messages are linked to patients: where there are none, as in a CRM, there is nothing to link to.
SELECT to_regclass('public.patients') IS NOT NULL AS applies;
