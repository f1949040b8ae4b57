-- The host may write to these rows at the same time. The order avoids deadlocks; NO KEY leaves appointments free to
-- refer to them meanwhile.
SELECT patient.id
FROM public.patients AS patient
WHERE patient.tenant_id = %(tenant_id)s
  AND patient.id IN (
      SELECT staged.patient_id
      FROM pg_temp.staged_touches AS staged
      WHERE staged.from_ad AND NOT staged.is_created
  )
ORDER BY patient.id
FOR NO KEY UPDATE
