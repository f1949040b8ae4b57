-- metaads: mode=concurrent when=public.patients min_pg=14 destructive=no
-- Finds a person by an id at another channel: external_ids @> '{"...": "..."}'.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_patients_external_ids ON public.patients USING gin (external_ids);
