-- The intent of a write, before it is sent.
INSERT INTO metaads.orchestration_steps
    (tenant_id, step_id, data_source, campaign_key, run_id, kind, node_key, action, request, request_hash, state,
     meta_id, intended_at)
VALUES (%(tenant_id)s, %(step_id)s, %(data_source)s, %(campaign_key)s, %(run_id)s, %(kind)s, %(node_key)s, %(action)s,
        %(request)s, %(request_hash)s, 'intended', %(meta_id)s, now())
