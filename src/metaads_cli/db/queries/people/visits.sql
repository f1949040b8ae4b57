-- A patient's appointments: how many, how many that count, and the nearest of these before and after now.
SELECT count(*) AS total,
       count(*) FILTER (WHERE visit.status = ANY (%(valid_statuses)s::text[])) AS valid,
       max(visit.appointment_datetime) FILTER (
           WHERE visit.status = ANY (%(valid_statuses)s::text[]) AND visit.appointment_datetime < %(now)s::timestamptz
       ) AS last,
       min(visit.appointment_datetime) FILTER (
           WHERE visit.status = ANY (%(valid_statuses)s::text[]) AND visit.appointment_datetime >= %(now)s::timestamptz
       ) AS next
FROM public.appointments AS visit
WHERE visit.tenant_id = %(tenant_id)s AND visit.patient_id = %(person)s::integer
