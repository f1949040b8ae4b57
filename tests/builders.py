"""WhatsApp bodies for tests, from what matters in each."""

import json
from datetime import date
from typing import Any

import psycopg

from metaads_cli.db.queries import statement
from metaads_cli.models.insight import CONVERSATION

AD = "120200000000000001"
OTHER_AD = "120200000000000002"
NUMBER_1, NUMBER_2 = "15550001111", "15550002222"
NOON = 1_760_000_000  # 2025-10-09 08:53:20 UTC


def message(
    phone: str | None = "5491155550001",
    at: int = NOON,
    ad: str | None = AD,
    *,
    event: str | None = None,
    headline: str = "Escríbenos",
    **more: Any,
) -> dict[str, Any]:
    """One message; with `ad=None` it has no referral."""
    found: dict[str, Any] = {"id": event or f"wamid.{phone}.{at}.{ad}", "timestamp": str(at), "type": "text"}
    if phone:
        found["from"] = phone
    if ad:
        found["referral"] = {
            "source_id": ad,
            "source_type": "ad",
            "headline": f"{headline} {ad}",
            "body": "Texto",
            "ctwa_clid": f"clid-{at}",
        }
    return found | more


def body(*messages: dict[str, Any], number: str = NUMBER_1, phone_number_id: str = "100000000000001") -> dict[str, Any]:
    """A webhook body with these messages, sent to `number`."""
    contacts = [{"wa_id": m["from"], "profile": {"name": f"Contact {m['from']}"}} for m in messages if "from" in m]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number, "phone_number_id": phone_number_id},
        "contacts": contacts,
        "messages": list(messages),
    }
    changes = [{"field": "messages", "value": value}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "WABA1", "changes": changes}]}


def statuses(number: str = NUMBER_1) -> dict[str, Any]:
    """A body that only tells what became of a message of ours."""
    found = body(number=number)
    value = found["entry"][0]["changes"][0]["value"]
    del value["messages"], value["contacts"]
    value["statuses"] = [{"id": "wamid.OUT", "status": "read", "timestamp": str(NOON), "recipient_id": "1"}]
    return found


def lines(*bodies: Any) -> str:
    """JSON lines."""
    return "".join(json.dumps(one) + "\n" for one in bodies)


def add_up_days(connection: psycopg.Connection, tenant_id: int) -> None:
    """The daily totals of insights that a test stored by itself; the sync keeps those of its own."""
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(%s)", [tenant_id])
        accounts = connection.execute(
            "SELECT DISTINCT account_id FROM metaads.insights WHERE tenant_id = %s", [tenant_id]
        )
        for (account_id,) in accounts.fetchall():
            values = {"tenant_id": tenant_id, "account_id": account_id, "since": date.min, "until": date.max}
            for name in ("forget_totals", "add_up_days"):
                text = statement(f"insights/{name}").encode()
                connection.execute(text, values | {"conversation": CONVERSATION})
