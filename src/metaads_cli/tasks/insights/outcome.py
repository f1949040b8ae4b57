"""What became of one account in a sync, as it is counted while the work goes on."""

from collections import Counter
from dataclasses import dataclass, field

from metaads_cli.errors import MetaAdsError
from metaads_cli.models.account import Account
from metaads_cli.models.insight import Days, Level, RowCounts
from metaads_cli.models.reports import Reconciliation


@dataclass
class AccountOutcome:
    """`failure` is the first thing that went wrong, as the user's error; `errors` are all of them in words."""

    account: Account
    status: str = "ok"
    """ok; fresh: nothing to read; busy: another sync has it; partial; failed"""
    resumed: bool = False
    window: Days | None = None
    rows: RowCounts = field(default_factory=RowCounts)
    read: dict[Level, list[Days]] = field(default_factory=dict)
    """Days that were read to their end."""
    entities: dict[Level, int] = field(default_factory=dict)
    problems: Counter[Level] = field(default_factory=Counter)
    failure: MetaAdsError | None = None
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    reconciliation: list[Reconciliation] = field(default_factory=list)

    def fail(self, what: str, error: MetaAdsError) -> None:
        self.errors.append(f"{what}: {error.message}")
        self.failure = self.failure or error

    def note_read(self, level: Level, days: Days, rows: RowCounts) -> None:
        self.read.setdefault(level, []).append(days)
        self.rows = self.rows + rows

    @property
    def stored_anything(self) -> bool:
        return bool(self.read)

    @property
    def span(self) -> Days | None:
        """From the first to the last day that was read at all, by this run or by the one that it goes on with."""
        days = [part for parts in self.read.values() for part in parts]
        days += [self.window] if self.resumed and self.window else []
        return Days(min(part.since for part in days), max(part.until for part in days)) if days else None

    def close(self) -> None:
        """Settle the status once everything was tried."""
        if self.failure is not None:
            self.status = "partial" if self.stored_anything else "failed"
        elif self.errors:
            self.status = "partial"
