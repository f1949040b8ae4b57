SELECT 'messages linked to their patient' AS what, count(patient_id) AS count FROM public.chat_messages;
