-- metaads: mode=batched when=public.leads lock_timeout_ms=100 statement_timeout_ms=900000 min_pg=14 destructive=no
-- The CRM's parche 36: leads.source is whatsapp_inbound for every spelling of it; letters and digits count, case, blanks
-- and punctuation do not. Other sources, also those that only begin so (whatsapp_outbound, whatsapp_campaign), stay.
-- A spelling that is corrected is no change by a person: updated_at stays. A BEFORE trigger of the host's that would set
-- it is off for the moment of each batch; nobody writes to leads meanwhile, so no other change goes without it.
DO $$
DECLARE
    batch_start public.leads.id%TYPE;
    next_start public.leads.id%TYPE;
    spelled constant text[] := ARRAY[
        'whatsapp', 'whatsap', 'watsapp', 'whatapp', 'whasapp', 'wapp', 'wa', 'wsp', 'wpp', 'wspp',
        'whatsappinbound', 'inboundwhatsapp', 'whatsappincoming', 'incomingwhatsapp', 'whatsappentrante',
        'wainbound', 'inboundwa', 'wspinbound', 'wppinbound'
    ];
    wrong boolean;
    triggers_off text;
    triggers_on text;
BEGIN
    SELECT string_agg(format('DISABLE TRIGGER %I', tgname), ', '),
           string_agg(format('ENABLE %s TRIGGER %I', CASE tgenabled WHEN 'A' THEN 'ALWAYS' ELSE '' END, tgname), ', ')
    INTO triggers_off, triggers_on
    FROM pg_catalog.pg_trigger
    -- for each row, before, update
    WHERE tgrelid = 'public.leads'::regclass AND NOT tgisinternal AND tgtype & 19 = 19 AND tgenabled IN ('O', 'A');

    SELECT id INTO batch_start FROM public.leads ORDER BY id LIMIT 1;
    WHILE batch_start IS NOT NULL LOOP
        -- Where row level security would hide rows, an error is better than a source that stays.
        PERFORM set_config('row_security', 'off', true);
        SELECT id INTO next_start FROM public.leads WHERE id >= batch_start ORDER BY id OFFSET 2000 LIMIT 1;
        SELECT EXISTS (
            SELECT FROM public.leads
            WHERE id >= batch_start AND (next_start IS NULL OR id < next_start) AND source <> 'whatsapp_inbound'
              AND lower(regexp_replace(source, '[^A-Za-z0-9]', '', 'g')) = ANY (spelled)
        ) INTO wrong;
        IF wrong THEN
            IF triggers_off IS NOT NULL THEN
                EXECUTE 'ALTER TABLE public.leads ' || triggers_off;
            END IF;
            UPDATE public.leads SET source = 'whatsapp_inbound'
            WHERE id >= batch_start AND (next_start IS NULL OR id < next_start) AND source <> 'whatsapp_inbound'
              AND lower(regexp_replace(source, '[^A-Za-z0-9]', '', 'g')) = ANY (spelled);
            IF triggers_on IS NOT NULL THEN
                EXECUTE 'ALTER TABLE public.leads ' || triggers_on;
            END IF;
        END IF;
        COMMIT;
        batch_start := next_start;
    END LOOP;
END
$$;
