-- Without the column patient_id, which a pending 0018 adds: the messages whose number one patient has.
WITH owner AS (
    SELECT tenant_id, phone_key
    FROM (
        SELECT tenant_id,
               regexp_replace(regexp_replace(regexp_replace(regexp_replace(phone_number,
                   '[^0-9]', '', 'g'),
                   '^54([0-8][0-9]{9})$', '549\1'),
                   '^52([0-9]{10})$', '521\1'),
                   '^55([0-9]{2})([6-9][0-9]{7})$', '55\19\2') AS phone_key
        FROM public.patients
        WHERE coalesce(status, '') <> 'deleted'
    ) AS person
    WHERE phone_key <> ''
    GROUP BY tenant_id, phone_key
    HAVING count(*) = 1
)
SELECT 'messages of a patient''s number, linked where they are not yet' AS what, count(*) AS count
FROM public.chat_messages AS message
JOIN owner ON owner.tenant_id = message.tenant_id
    AND owner.phone_key = regexp_replace(regexp_replace(regexp_replace(regexp_replace(message.from_number,
            '[^0-9]', '', 'g'),
            '^54([0-8][0-9]{9})$', '549\1'),
            '^52([0-9]{10})$', '521\1'),
            '^55([0-9]{2})([6-9][0-9]{7})$', '55\19\2');
