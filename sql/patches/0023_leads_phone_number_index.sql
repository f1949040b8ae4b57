-- metaads: mode=concurrent when=public.leads min_pg=14 destructive=no
-- Leads are looked up by tenant and phone number. Not unique: some hosts keep a lead per enquiry.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_leads_phone_number ON public.leads (tenant_id, phone_number);
