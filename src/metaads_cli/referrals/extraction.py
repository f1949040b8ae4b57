"""What comes out of one payload, whatever its shape."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from metaads_cli.models.referral import Referral
from metaads_cli.referrals.text import Unusable


@dataclass
class Extraction:
    """In messages: every one of the payload is a referral, ignored, or rejected with a reason."""

    referrals: list[Referral] = field(default_factory=list)
    ignored: int = 0
    rejected: list[str] = field(default_factory=list)

    def read(self, reader: Callable[..., Referral | None], *what: Any) -> None:
        """Count one message by what its reader makes of it: None tells nothing about an ad, Unusable is rejected."""
        try:
            referral = reader(*what)
        except Unusable as error:
            self.rejected.append(str(error))
            return
        if referral is None:
            self.ignored += 1
        else:
            self.referrals.append(referral)

    def listed(self, part: Any, key: str, reason: str) -> list[Any]:
        """The list under the key; without one the reason is noted, and there is nothing to read."""
        items = part.get(key) if isinstance(part, dict) else None
        if isinstance(items, list):
            return items
        self.rejected.append(reason)
        return []
