-- What the host says of people, as they are looked up by it: numbers that are not stored as digits with their country,
-- each beside the form that it is compared in, and their ids at other channels.
CREATE TEMPORARY TABLE IF NOT EXISTS odd_phones (
    tenant_id integer NOT NULL,
    contact_key text NOT NULL,
    phone_number text NOT NULL,
    PRIMARY KEY (tenant_id, contact_key, phone_number)
);

CREATE TEMPORARY TABLE IF NOT EXISTS host_ids (
    tenant_id integer NOT NULL,
    kind text NOT NULL,
    identifier text NOT NULL,
    person_id {person_type} NOT NULL,
    PRIMARY KEY (tenant_id, kind, identifier, person_id)
)
