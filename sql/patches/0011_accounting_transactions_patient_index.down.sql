-- metaads: mode=concurrent destructive=no
DROP INDEX CONCURRENTLY IF EXISTS public.idx_accounting_transactions_patient;
