"""What an ingest counts, in messages."""

from dataclasses import asdict, dataclass, fields

from metaads_cli.db.queries.touches import BatchOutcome


@dataclass
class Counts:
    referrals: int = 0
    ignored: int = 0
    rejected: int = 0
    duplicates: int = 0
    created_contacts: int = 0
    held: int = 0
    attributed: int = 0
    matched: int = 0

    def add(self, outcome: BatchOutcome) -> None:
        self.duplicates += outcome.duplicates
        self.created_contacts += outcome.created_contacts
        self.held += outcome.held
        self.attributed += outcome.attributed

    def add_matched(self, outcome: BatchOutcome) -> None:
        """Of touches that earlier runs held."""
        self.created_contacts += outcome.created_contacts
        self.attributed += outcome.attributed
        self.matched += outcome.duplicates - outcome.held

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Counts)))

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    @property
    def received(self) -> int:
        return self.referrals + self.ignored + self.rejected

    def text(self, rate: float) -> str:
        """What was read, how many a second, and what became of it."""
        outcomes = {
            "referrals": self.referrals,
            "known": self.duplicates,
            "attributed": self.attributed,
            "held": self.held,
            "rejected": self.rejected,
        }
        shown = ", ".join(f"{count:,} {name}" for name, count in outcomes.items() if count)
        return f"{self.received:,} events, {rate:,.0f}/s: {shown or 'no referrals'}"
