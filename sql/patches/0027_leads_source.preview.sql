SELECT format('leads whose source %s becomes whatsapp_inbound', quote_literal(source)) AS what, count(*) AS count
FROM public.leads
WHERE source <> 'whatsapp_inbound' AND lower(regexp_replace(source, '[^A-Za-z0-9]', '', 'g')) = ANY (ARRAY[
    'whatsapp', 'whatsap', 'watsapp', 'whatapp', 'whasapp', 'wapp', 'wa', 'wsp', 'wpp', 'wspp',
    'whatsappinbound', 'inboundwhatsapp', 'whatsappincoming', 'incomingwhatsapp', 'whatsappentrante',
    'wainbound', 'inboundwa', 'wspinbound', 'wppinbound'
])
GROUP BY source
ORDER BY source;
