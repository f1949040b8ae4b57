-- metaads: mode=concurrent when=public.chat_messages requires=0018_chat_messages_patient_id min_pg=14 destructive=no
-- A patient's messages, in their order.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_chat_messages_patient ON public.chat_messages (tenant_id, patient_id, created_at) WHERE patient_id IS NOT NULL;
