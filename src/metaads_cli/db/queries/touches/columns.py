"""What is kept of a touch: the columns that `referral_events` and the staging table share, and how two tellings of one
event become one."""

import re
from collections.abc import Iterable

import msgspec

from metaads_cli.models.phones import canonical, contact_key
from metaads_cli.models.referral import Referral

_SPECIAL = re.compile(r"[\\\t\n\r]")  # what COPY reads as something else
_TEXTS = (
    "contact_phone", "contact_key", "contact_user_id", "contact_email", "contact_name", "phone_number_id", "page_id",
    "instagram_id", "source_type", "ad_id", "source_id", "source_url", "headline", "body", "media_type", "media_url",
    "ctwa_clid", "greeting", "ref", "form_id", "leadgen_id",
)  # fmt: skip
ID_KINDS = ("bsuid", "lid", "psid", "igsid")
"""WhatsApp's business-scoped user id and linked id, Messenger's and Instagram's: the keys of patients.external_ids."""
COLUMNS = ("channel", "event_id", "occurred_at", "from_ad", "contact_ids", "referral", *_TEXTS)

# Of two tellings of one event, whichever came first: the earlier moment, the lesser text, the longer original.
_MERGED = {
    "occurred_at": "least(event.occurred_at, staged.occurred_at)",
    "from_ad": "(event.from_ad OR staged.from_ad)",
    "contact_ids": (
        "greatest(coalesce(event.contact_ids || staged.contact_ids, event.contact_ids, staged.contact_ids),"
        " coalesce(staged.contact_ids || event.contact_ids, staged.contact_ids, event.contact_ids))"
    ),
    "referral": (
        "CASE WHEN (length(staged.referral::text), staged.referral) > (length(event.referral::text), event.referral)"
        " THEN staged.referral ELSE event.referral END"
    ),
    **{name: f'least(event.{name}, staged.{name} COLLATE "C")' for name in _TEXTS},
}
MERGED_TEXTS = {f"merged_{name}": _MERGED[name] for name in ("ad_id", "headline", "body")}
ASSIGNMENTS = ",\n    ".join(f"{name} = {value}" for name, value in _MERGED.items())
DIFFERENCES = " OR ".join(
    f"(event.{name} IS DISTINCT FROM staged.{name} AND event.{name} IS DISTINCT FROM {value})"
    for name, value in _MERGED.items()
)


def listed(table: str | None = None) -> str:
    """All columns, of a table where one is named."""
    return ", ".join(f"{table}.{name}" if table else name for name in COLUMNS)


def encoded(touches: Iterable[Referral], region: str | None) -> bytes:
    """Rows of `staged_touches` as COPY reads them as text: a number, then COLUMNS."""
    lines = [_line(str(number), *_texts(touch, region)) for number, touch in enumerate(touches, start=1)]
    return "".join(lines).encode()


def _line(*texts: str | None) -> str:
    if _SPECIAL.search("".join(text for text in texts if text)):
        texts = tuple(text and _escaped(text) for text in texts)
    return "\t".join(["\\N" if text is None else text for text in texts]) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _texts(touch: Referral, region: str | None) -> tuple[str | None, ...]:
    receiver, ids = touch.receiver, _contact_ids(touch)
    return (
        touch.channel, touch.event_id, touch.occurred_at.isoformat(), "t" if touch.from_ad else "f",
        _json(ids) if ids else None, _json(touch.raw), touch.contact_phone, _contact_key(touch, region),
        touch.contact_user_id, touch.contact_email, touch.contact_name, receiver.phone_number_id, receiver.page_id,
        receiver.instagram_id, touch.source_type, touch.ad_id, touch.source_id, touch.source_url, touch.headline,
        touch.body, touch.media_type, touch.media_url, touch.ctwa_clid, touch.greeting, touch.ref, touch.form_id,
        touch.leadgen_id,
    )  # fmt: skip


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _contact_key(touch: Referral, region: str | None) -> str | None:
    """WhatsApp's numbers have their country; a form's or a table's may be as people write them."""
    if touch.contact_phone is None:
        return None
    return canonical(touch.contact_phone) if touch.channel == "whatsapp" else contact_key(touch.contact_phone, region)


def _contact_ids(touch: Referral) -> dict[str, str]:
    identifiers = (touch.contact_user_id, touch.contact_lid, touch.contact_psid, touch.contact_igsid)
    return {kind: identifier for kind, identifier in zip(ID_KINDS, identifiers, strict=True) if identifier}
