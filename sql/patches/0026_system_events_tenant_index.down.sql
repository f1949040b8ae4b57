-- metaads: mode=concurrent destructive=no
DROP INDEX CONCURRENTLY IF EXISTS public.idx_system_events_tenant;
