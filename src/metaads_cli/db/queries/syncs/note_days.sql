-- Every day of the slice, also one without any row: nothing was delivered then, and that is known.
INSERT INTO metaads.sync_days AS known (tenant_id, account_id, entity_type, day, read_at, row_count)
SELECT %(tenant_id)s::integer, %(account_id)s::text, %(entity_type)s::text, days.day, %(read_at)s::timestamptz,
       count(stored.entity_id)
FROM (
    SELECT day::date FROM generate_series(%(since)s::date, %(until)s::date, interval '1 day') AS day
) AS days
LEFT JOIN metaads.insights AS stored
    ON stored.tenant_id = %(tenant_id)s AND stored.account_id = %(account_id)s
    AND stored.entity_type = %(entity_type)s AND stored.day = days.day
GROUP BY days.day
ON CONFLICT (tenant_id, account_id, entity_type, day) DO UPDATE
SET read_at = excluded.read_at, row_count = excluded.row_count
