-- metaads: mode=concurrent destructive=no
DROP INDEX CONCURRENTLY IF EXISTS public.idx_patients_phone_number;
