"""Ingest: from webhook logs to touches and first-touch attributions, batch by batch."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BufferedIOBase

from metaads_cli.console import Progress
from metaads_cli.db.queries.touches import FIRST, BatchOutcome, Key, Touches
from metaads_cli.db.session import Database, TenantSession
from metaads_cli.errors import ConfigError, InputError
from metaads_cli.models.referral import Referral
from metaads_cli.models.reports import IngestReport
from metaads_cli.referrals.decoding import BrokenDocument, Parsed
from metaads_cli.referrals.documents import read_documents
from metaads_cli.referrals.envelopes import Content, contents, is_whole
from metaads_cli.referrals.shapes import extract
from metaads_cli.referrals.signatures import Verifier
from metaads_cli.tasks.rejects import RejectsFile
from metaads_cli.tasks.sources import Source
from metaads_cli.tasks.tenants import AnotherTenantError, Router, UnknownTenantError

PROGRESS_EVERY = 500  # documents
SHOWN_REJECTS = 5
SHAPES_OF_ROWS = frozenset({"flat", "leadgen"})
"""Text that does not begin as JSON is CSV, if this is said to be its shape."""


@dataclass(frozen=True)
class IngestOptions:
    tenant_id: int | None
    create_contacts: bool
    batch_size: int
    max_document_bytes: int
    max_rejects: int | None
    dry_run: bool
    shape: str | None = None
    """Of all payloads; None: each has its own."""
    verifier: Verifier | None = None
    """What it does not vouch for is rejected."""


@dataclass
class IngestRun:
    """What a run ended with, besides its report: reasons to show, and whether another tenant's data was refused."""

    report: IngestReport
    reasons: list[str]
    other_tenant: bool
    empty_sources: list[str]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A referral and where it was read, for the case that the database refuses it."""

    referral: Referral
    source: str
    line: int
    raw: bytes


@dataclass
class _Counts:
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

    @property
    def received(self) -> int:
        return self.referrals + self.ignored + self.rejected

    def text(self, seconds: float) -> str:
        """What was read in so many seconds, and what became of it."""
        outcomes = {
            "referrals": self.referrals,
            "known": self.duplicates,
            "attributed": self.attributed,
            "held": self.held,
            "rejected": self.rejected,
        }
        shown = ", ".join(f"{count:,} {name}" for name, count in outcomes.items() if count)
        return f"{self.received:,} events, {self.received / max(seconds, 0.001):,.0f}/s: {shown or 'no referrals'}"


def ingest(
    database: Database,
    inputs: Sequence[Source],
    options: IngestOptions,
    rejects: RejectsFile,
    progress: Progress,
) -> IngestRun:
    """Read all inputs; what is good lands in batches, what is not goes to the rejects file. Then touches that were
    held before, of the tenants that something came for, are matched again.

    Raises InputError when more than `max_rejects` messages were rejected; what landed before stays.
    """
    return _Ingest(Router(database, options.tenant_id), options, rejects, progress).run(inputs)


def retry_held(database: Database, options: IngestOptions, rejects: RejectsFile, progress: Progress) -> IngestRun:
    """Match the touches that have no person yet again, of one tenant or of all."""
    run = _Ingest(Router(database, options.tenant_id), options, rejects, progress)
    for session in database.sessions(None if options.tenant_id is None else [options.tenant_id]):
        run.open(session)
    return run.run([])


@dataclass
class _Ingest:
    router: Router
    options: IngestOptions
    rejects: RejectsFile
    progress: Progress
    counts: _Counts = field(default_factory=_Counts)
    reasons: list[str] = field(default_factory=list)
    other_tenant: bool = False
    pending: dict[TenantSession, list[_Placed]] = field(default_factory=dict)
    touches: dict[TenantSession, Touches] = field(default_factory=dict)
    bytes_before: int = 0
    """In the sources that are read already."""
    started: float = field(default_factory=time.monotonic)

    def run(self, inputs: Sequence[Source]) -> IngestRun:
        empty = [source.shown_name for source in inputs if not self._read(source)]
        self._flush()
        for touches in list(self.touches.values()):
            self._retry_held(touches)
        report = IngestReport(
            received=self.counts.received,
            referrals=self.counts.referrals,
            ignored=self.counts.ignored,
            duplicates=self.counts.duplicates,
            attributed=self.counts.attributed,
            created_contacts=self.counts.created_contacts,
            held=self.counts.held,
            matched=self.counts.matched,
            rejected=self.counts.rejected,
            rejects_file=str(self.rejects.path) if self.rejects.path else None,
            duration_seconds=round(time.monotonic() - self.started, 3),
            dry_run=self.options.dry_run,
        )
        return IngestRun(report, self.reasons, self.other_tenant, empty)

    def _read(self, source: Source) -> bool:
        """Take in one source; False when it held no document at all."""
        count = 0
        for stream in source.streams(self._settle):
            for document in self._documents(source, stream):
                count += 1
                self._take(source.shown_name, document)
                if count % PROGRESS_EVERY == 0:
                    self._tell(_position(stream))
        self.bytes_before += source.size or 0
        return count > 0

    def _settle(self, position: int) -> None:
        """Nothing more comes for now."""
        self._flush()
        self._tell(position)

    def _tell(self, position: int) -> None:
        self.progress.update(self.bytes_before + position, self.counts.text(time.monotonic() - self.started))

    def _documents(self, source: Source, stream: BufferedIOBase) -> Iterator[Parsed]:
        rows = source.has_rows or self.options.shape in SHAPES_OF_ROWS
        return read_documents(stream, max_bytes=self.options.max_document_bytes, is_payload=is_whole, rows=rows)

    def _take(self, source: str, document: Parsed) -> None:
        if isinstance(document, BrokenDocument):
            self._reject(source, document.line, document.raw, [document.reason])
            return
        try:
            for content in contents(document, self.options.verifier, self.options.max_document_bytes):
                self._take_content(source, document.line, content)
        except ConfigError as error:
            self._flush()
            hint = f"{error.hint}. What was good before has landed"
            raise ConfigError(f"{source}:{document.line}: {error.message}", hint=hint) from None

    def _take_content(self, source: str, line: int, content: Content) -> None:
        reasons = content.reasons
        for payload in content.payloads:
            found = extract(payload, self.options.shape)
            placed = [_Placed(referral, source, line, content.raw) for referral in found.referrals]
            reasons = reasons + found.rejected + [reason for one in placed if (reason := self._add(one))]
            self.counts.ignored += found.ignored
        if reasons:
            self._reject(source, line, content.raw, reasons)

    def _add(self, placed: _Placed) -> str | None:
        """Put the referral into its tenant's batch; the reason when it has no tenant."""
        try:
            session = self.router.session(placed.referral.receiver)
        except UnknownTenantError as error:
            return str(error)
        except AnotherTenantError as error:
            self.other_tenant = True
            return str(error)
        self.counts.referrals += 1
        self.pending.setdefault(session, []).append(placed)
        if sum(map(len, self.pending.values())) >= self.options.batch_size:
            self._flush()
        return None

    def _flush(self) -> None:
        batches, self.pending = self.pending, {}
        for session, placed in batches.items():
            self._store(session, placed)
        self.rejects.flush()

    def _store(self, session: TenantSession, placed: Sequence[_Placed]) -> None:
        """One transaction. What the database refuses (a host's constraint, a trigger) is found by halving, and
        rejected alone: one person's row must not keep back the others'."""
        try:
            outcome = self.open(session).store([one.referral for one in placed])
        except InputError as refused:
            if len(placed) > 1:
                half = len(placed) // 2
                self._store(session, placed[:half])
                self._store(session, placed[half:])
                return
            self.counts.referrals -= 1
            self._reject(placed[0].source, placed[0].line, placed[0].raw, [refused.message])
            return
        self.counts.add(outcome)

    def _retry_held(self, touches: Touches) -> None:
        after: Key | None = FIRST
        while after is not None:
            outcome, after = touches.retry_held(after, self.options.batch_size)
            self.counts.add_matched(outcome)

    def open(self, session: TenantSession) -> Touches:
        """The tenant's touches; those that are held are matched again when all was read."""
        if session not in self.touches:
            self.touches[session] = Touches(
                session, create_contacts=self.options.create_contacts, dry_run=self.options.dry_run
            )
        return self.touches[session]

    def _reject(self, source: str, line: int, raw: bytes, reasons: Sequence[str]) -> None:
        """One record a document, however many of its messages are rejected."""
        self.counts.rejected += len(reasons)
        self.rejects.add(source, line, "; ".join(dict.fromkeys(reasons)), raw)
        if len(self.reasons) < SHOWN_REJECTS:
            self.reasons.append(f"{source}:{line}: {reasons[0]}")
        limit = self.options.max_rejects
        if limit is not None and self.counts.rejected > limit:
            self._flush()
            raise InputError(
                f"More than {limit} messages were rejected, the last at {source}:{line}: {reasons[0]}",
                hint=f"What was good before it has landed. The rejects are in {self.rejects.path}",
            )


def _position(stream: BufferedIOBase) -> int:
    return stream.tell() if stream.seekable() else 0
