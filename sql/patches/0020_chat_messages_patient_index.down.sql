-- metaads: mode=concurrent destructive=no
DROP INDEX CONCURRENTLY IF EXISTS public.idx_chat_messages_patient;
