-- Numbers that are not stored as digits with their country, each in the form that it is compared in.
CREATE TEMPORARY TABLE IF NOT EXISTS odd_phones (
    tenant_id integer NOT NULL,
    patient_id integer NOT NULL,
    phone_number text NOT NULL,
    contact_key text NOT NULL
)
