-- The daily totals of these days, from the insights of the ads.
INSERT INTO metaads.daily_totals (tenant_id, account_id, day, currency, insights, spend, impressions, clicks,
                                  conversations, revenue)
SELECT known.tenant_id, known.account_id, known.day, known.currency, count(*), sum(known.spend),
       sum(known.impressions), sum(known.clicks), sum(chats.started), sum(known.revenue)
FROM metaads.insights AS known
CROSS JOIN LATERAL (
    SELECT sum((action ->> 'value')::numeric) AS started
    FROM jsonb_array_elements(known.actions) AS action
    WHERE action ->> 'action_type' = %(conversation)s
) AS chats
WHERE known.tenant_id = %(tenant_id)s
  AND known.account_id = %(account_id)s
  AND known.entity_type = 'ad'
  AND known.day BETWEEN %(since)s AND %(until)s
GROUP BY known.tenant_id, known.account_id, known.day, known.currency
