-- metaads: mode=concurrent when=public.accounting_transactions min_pg=14 destructive=no
-- Revenue is read for one tenant at a time; without an index that reads every tenant's payments.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_accounting_transactions_patient ON public.accounting_transactions (tenant_id, patient_id);
