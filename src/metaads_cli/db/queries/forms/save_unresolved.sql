-- Remember in vain: when it was asked, why there was no answer, and when to ask again.
INSERT INTO metaads.unresolved_leads (tenant_id, leadgen_id, reason, asked_at, ask_again_at)
SELECT %(tenant_id)s::integer, unnest(%(leadgen_ids)s::text[]), %(reason)s, now(), now() + %(wait)s::interval
ON CONFLICT (tenant_id, leadgen_id) DO UPDATE SET
    reason = excluded.reason, asked_at = excluded.asked_at, ask_again_at = excluded.ask_again_at
