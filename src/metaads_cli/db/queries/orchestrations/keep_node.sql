-- What is known of an object.
INSERT INTO metaads.orchestration_nodes
    (tenant_id, data_source, campaign_key, kind, node_key, marker, meta_id, status, applied, state, updated_at)
VALUES (%(tenant_id)s, %(data_source)s, %(campaign_key)s, %(kind)s, %(node_key)s, %(marker)s, %(meta_id)s, %(status)s,
        %(applied)s, %(state)s, now())
ON CONFLICT (tenant_id, data_source, campaign_key, kind, node_key) DO UPDATE SET
    marker = excluded.marker, meta_id = excluded.meta_id, status = excluded.status, applied = excluded.applied,
    state = excluded.state, updated_at = excluded.updated_at
