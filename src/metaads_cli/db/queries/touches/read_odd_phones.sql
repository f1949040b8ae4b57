-- Numbers that a look-up of digits with their country does not find.
SELECT DISTINCT phone_number
FROM {people}
WHERE tenant_id = %(tenant_id)s
  AND phone_number !~ %(plain)s
