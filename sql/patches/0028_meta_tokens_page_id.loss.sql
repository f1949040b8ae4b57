SELECT 'tokens with their page' AS what, count(page_id) AS count FROM public.meta_tokens;
