-- metaads: mode=concurrent when=public.system_events requires=0024_system_events_columns min_pg=14 destructive=no
-- A tenant's audit events, in their order.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_system_events_tenant ON public.system_events (tenant_id, created_at);
