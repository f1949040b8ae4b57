"""Which tenants there are, and which one an incoming message is for."""

import psycopg

from metaads_cli.models.tenant import Tenant

# to_jsonb: some hosts lack these columns, and a column that is missing reads as NULL here.
_TENANTS = """
SELECT t.id, t.clinic_name, t.bot_phone_number, to_jsonb(t) ->> 'timezone', upper(to_jsonb(t) ->> 'country_code')
FROM public.tenants AS t ORDER BY t.id
"""
RECEIVER_IDS = """
SELECT 'phone-number id', unnest(a.phone_number_ids) FROM metaads.accounts AS a WHERE a.tenant_id = %(tenant_id)s
UNION SELECT 'page', unnest(a.page_ids) FROM metaads.accounts AS a WHERE a.tenant_id = %(tenant_id)s
UNION SELECT 'Instagram account', unnest(a.instagram_ids) FROM metaads.accounts AS a WHERE a.tenant_id = %(tenant_id)s
"""
"""What messages are sent to, by what it is."""


def read_tenants(connection: psycopg.Connection) -> list[Tenant]:
    return [
        Tenant(tenant_id=row[0], name=row[1], bot_phone_number=row[2], timezone=row[3], country_code=row[4])
        for row in connection.execute(_TENANTS)
    ]
