-- metaads: mode=concurrent when=public.patients min_pg=14 destructive=no
-- The statistics filter on acquisition_source = 'META_ADS'.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_patients_acquisition_source ON public.patients (acquisition_source);
