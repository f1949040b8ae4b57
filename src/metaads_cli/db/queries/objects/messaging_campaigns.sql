-- Campaigns with an ad set that leads into a conversation.
SELECT DISTINCT campaign_id
FROM metaads.adsets
WHERE tenant_id = %(tenant_id)s
  AND account_id = %(account_id)s
  AND (destination_type ~ '(WHATSAPP|MESSENGER|INSTAGRAM_DIRECT|MESSAGING)'
       OR optimization_goal = ANY (%(goals)s::text[]))
