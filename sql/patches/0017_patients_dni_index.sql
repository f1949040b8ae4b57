-- metaads: mode=concurrent when=public.patients min_pg=14 destructive=no
-- People are looked up by tenant and document number.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_patients_dni ON public.patients (tenant_id, dni);
