-- Which ids came with which phone. New ones may say of earlier touches whom they are of.
WITH noted AS (
    INSERT INTO metaads.identities (tenant_id, kind, identifier, contact_key)
    SELECT DISTINCT %(tenant_id)s::integer, known.kind, known.identifier, matched.contact_key
    FROM pg_temp.matched_touches AS matched
    CROSS JOIN LATERAL jsonb_each_text(matched.contact_ids) AS known (kind, identifier)
    WHERE matched.contact_key IS NOT NULL
    ON CONFLICT (tenant_id, kind, identifier, contact_key) DO NOTHING
    RETURNING kind, identifier
)
INSERT INTO pg_temp.new_identities (kind, identifier)
SELECT kind, identifier FROM noted
