"""What is wrong with the syncs of a tenant, as it is told."""

from datetime import datetime

import msgspec


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """`severity` is critical or warning; `since` is when it began, as far as stored runs tell."""

    code: str
    severity: str
    account_id: str | None
    message: str
    since: datetime | None
    hint: str | None = None
