-- Only where no index of the host serves: one that begins with the column, or with tenant_id and the column, as that of
-- a unique constraint does. One that is INVALID or partial does not.
SELECT NOT EXISTS (
    SELECT FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_attribute AS first ON first.attrelid = i.indrelid AND first.attnum = i.indkey[0]
    LEFT JOIN pg_catalog.pg_attribute AS second ON second.attrelid = i.indrelid AND second.attnum = i.indkey[1]
    WHERE i.indrelid = to_regclass('public.patients')
      AND i.indexrelid IS DISTINCT FROM to_regclass('public.idx_patients_phone_number')
      AND i.indisvalid AND i.indpred IS NULL
      AND (first.attname = 'phone_number' OR (first.attname = 'tenant_id' AND second.attname = 'phone_number'))
) AS applies;
