-- metaads: mode=batched when=public.chat_messages requires=0018_chat_messages_patient_id lock_timeout_ms=1000 statement_timeout_ms=900000 min_pg=14 destructive=no
-- Links the messages that are there to their patient, by the phone number, within the tenant. Numbers are compared as
-- digits, in the form that WhatsApp writes them in: see models/phones.py. A number that no patient has, or more than
-- one, or only one who was deleted, stays without a link, and a link that is there already stays as it is.
DO $$
DECLARE
    batch_start public.chat_messages.id%TYPE;
    next_start public.chat_messages.id%TYPE;
BEGIN
    -- Where row level security would hide rows, an error is better than a link that is missing.
    PERFORM set_config('row_security', 'off', true);
    IF to_regclass('pg_temp.phone_owners') IS NOT NULL THEN
        DROP TABLE pg_temp.phone_owners;
    END IF;
    CREATE TEMPORARY TABLE phone_owners AS
    SELECT person.tenant_id, person.phone_key, min(person.id) AS patient_id
    FROM (
        SELECT tenant_id, id,
               regexp_replace(regexp_replace(regexp_replace(regexp_replace(phone_number,
                   '[^0-9]', '', 'g'),
                   '^54([0-8][0-9]{9})$', '549\1'),
                   '^52([0-9]{10})$', '521\1'),
                   '^55([0-9]{2})([6-9][0-9]{7})$', '55\19\2') AS phone_key
        FROM public.patients
        WHERE coalesce(status, '') <> 'deleted'
    ) AS person
    WHERE person.phone_key <> ''
    GROUP BY person.tenant_id, person.phone_key
    HAVING count(*) = 1;
    CREATE UNIQUE INDEX ON pg_temp.phone_owners (tenant_id, phone_key);
    ANALYZE pg_temp.phone_owners;
    COMMIT;

    SELECT id INTO batch_start FROM public.chat_messages ORDER BY id LIMIT 1;
    WHILE batch_start IS NOT NULL LOOP
        PERFORM set_config('row_security', 'off', true);
        SELECT id INTO next_start FROM public.chat_messages WHERE id >= batch_start ORDER BY id OFFSET 5000 LIMIT 1;
        UPDATE public.chat_messages AS message
        SET patient_id = owner.patient_id
        FROM pg_temp.phone_owners AS owner
        WHERE message.id >= batch_start AND (next_start IS NULL OR message.id < next_start)
          AND message.patient_id IS NULL
          AND owner.tenant_id = message.tenant_id
          AND owner.phone_key = regexp_replace(regexp_replace(regexp_replace(regexp_replace(message.from_number,
                  '[^0-9]', '', 'g'),
                  '^54([0-8][0-9]{9})$', '549\1'),
                  '^52([0-9]{10})$', '521\1'),
                  '^55([0-9]{2})([6-9][0-9]{7})$', '55\19\2');
        COMMIT;
        batch_start := next_start;
    END LOOP;
    DROP TABLE pg_temp.phone_owners;
END
$$;
