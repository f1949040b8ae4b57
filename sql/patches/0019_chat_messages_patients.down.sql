-- metaads: mode=tx when=public.chat_messages lock_timeout_ms=1000 statement_timeout_ms=900000 destructive=yes
-- Which links the host wrote itself cannot be told: all of them go. The rollback of 0018 does it faster.
DO $$
BEGIN
    UPDATE public.chat_messages SET patient_id = NULL WHERE patient_id IS NOT NULL;
END
$$;
