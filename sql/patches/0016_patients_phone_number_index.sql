-- metaads: mode=concurrent when=public.patients min_pg=14 destructive=no
-- People are looked up by tenant and phone number.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_patients_phone_number ON public.patients (tenant_id, phone_number);
