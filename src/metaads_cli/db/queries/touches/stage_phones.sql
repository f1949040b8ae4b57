-- Numbers that are not stored as digits with their country, each in the form that it is compared in.
CREATE TEMPORARY TABLE IF NOT EXISTS odd_phones (
    tenant_id integer NOT NULL,
    contact_key text NOT NULL,
    phone_number text NOT NULL,
    PRIMARY KEY (tenant_id, contact_key, phone_number)
)
