-- Numbers that a look-up of digits with their country does not find.
SELECT id, phone_number
FROM public.patients
WHERE tenant_id = %(tenant_id)s
  AND phone_number !~ %(plain)s
