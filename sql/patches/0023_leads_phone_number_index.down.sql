-- metaads: mode=concurrent destructive=no
DROP INDEX CONCURRENTLY IF EXISTS public.idx_leads_phone_number;
