"""What comes out of one payload, whatever its shape."""

from dataclasses import dataclass, field

from metaads_cli.models.referral import Referral


@dataclass
class Extraction:
    """In messages: every one of the payload is a referral, ignored, or rejected with a reason."""

    referrals: list[Referral] = field(default_factory=list)
    ignored: int = 0
    rejected: list[str] = field(default_factory=list)
