"""Ingest: from webhook logs to touches and first-touch attributions, batch by batch."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from pathlib import Path

from metaads_cli.console import Progress
from metaads_cli.db.session import Database, TenantSession
from metaads_cli.errors import ConfigError, InputError
from metaads_cli.models.reports import IngestReport
from metaads_cli.referrals.decoding import BrokenDocument, Parsed, Place
from metaads_cli.referrals.documents import read_documents
from metaads_cli.referrals.envelopes import Content, contents, is_whole
from metaads_cli.referrals.shapes import extract
from metaads_cli.referrals.signatures import Verifier
from metaads_cli.tasks.ingest.background import Background
from metaads_cli.tasks.ingest.bookmarks import Bookmarks, Reached, job_of, open_bookmarks
from metaads_cli.tasks.ingest.counts import Counts
from metaads_cli.tasks.ingest.storing import Batch, Placed, Storing
from metaads_cli.tasks.rejects import RejectsFile
from metaads_cli.tasks.sources import Source
from metaads_cli.tasks.tenants import AnotherTenantError, Router, UnknownTenantError

PROGRESS_EVERY = 500  # documents
BOOKMARK_EVERY = 100_000  # documents without any referral
TOUCHES_OF_A_TENANT = 100
"""So many are worth a transaction."""
MOST_BATCHES = 4
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
    from_start: bool = False
    """Also of files that an interrupted run has read in part."""


@dataclass
class IngestRun:
    """What a run ended with, besides its report: reasons to show, and whether another tenant's data was refused."""

    report: IngestReport
    reasons: list[str]
    other_tenant: bool
    empty_sources: list[str]


def ingest(
    database: Database,
    inputs: Sequence[Source],
    options: IngestOptions,
    rejects: RejectsFile,
    progress: Progress,
) -> IngestRun:
    """Read all inputs; what is good lands in batches, what is not goes to the rejects file. Touches that were held
    before, of the tenants that something comes for, are matched again first.

    Raises InputError when more than `max_rejects` messages were rejected; what landed before stays.
    """
    return _Ingest(database, inputs, options, rejects, progress).run()


def retry_held(database: Database, options: IngestOptions, rejects: RejectsFile, progress: Progress) -> IngestRun:
    """Match the touches that have no person yet again, of one tenant or of all."""
    run = _Ingest(database, [], options, rejects, progress)
    for session in database.sessions(None if options.tenant_id is None else [options.tenant_id]):
        run.storing.retry_held(session)
    return run.run()


class _Ingest:
    """Documents are read and gathered here; batches of them are stored in the background."""

    def __init__(
        self,
        database: Database,
        inputs: Sequence[Source],
        options: IngestOptions,
        rejects: RejectsFile,
        progress: Progress,
    ):
        self.inputs, self.options, self.rejects, self.progress = inputs, options, rejects, progress
        self.router = Router(database, options.tenant_id)
        self.storing = Storing(
            self._refuse,
            create_contacts=options.create_contacts,
            batch_size=options.batch_size,
            dry_run=options.dry_run,
        )
        self._background = Background(database.connection.cancel_safe)
        self._bookmarks = _bookmarks(database, inputs, options)
        self._follows = any(source.grows for source in inputs)
        self._before, self._read = Counts(), Counts()
        self._pending: dict[TenantSession, list[Placed]] = {}
        self._gathered = 0
        self._here: Reached | None = None
        """Between two documents; None within one, where no run can go on."""
        self._reasons: list[str] = []
        self._other_tenant = False
        self._bytes_before = 0
        self._started = time.monotonic()

    def run(self) -> IngestRun:
        self._go_on()
        try:
            with self._background:
                empty = [source.shown_name for source in self.inputs if not self._read_source(source)]
                self._flush()
                self._settle_batch()
        except InputError:
            self._bookmarks.forget()
            raise
        if not self._follows:
            self._bookmarks.forget()
        return IngestRun(self._report(), self._reasons, self._other_tenant, empty)

    def _go_on(self) -> None:
        """What an interrupted run counted counts. Of a file that grows there is no whole."""
        before = self._bookmarks.before
        if before is None or self._follows:
            return
        self._before = Counts(**before.counts)
        if before.rejects_file:
            self.rejects.go_on(Path(before.rejects_file))
        if self._before.rejected:
            self._reasons.append(f"before the interruption {self._before.rejected} messages were rejected")

    @property
    def counts(self) -> Counts:
        """Of all that was read so far, and of what was stored of it."""
        return self._before + self._read + self.storing.counts

    def _report(self) -> IngestReport:
        counts = self.counts
        return IngestReport(
            received=counts.received,
            **counts.as_dict(),
            rejects_file=str(self.rejects.path) if self.rejects.path else None,
            duration_seconds=round(time.monotonic() - self._started, 3),
            dry_run=self.options.dry_run,
            resumed=self._bookmarks.before is not None,
        )

    def _read_source(self, source: Source) -> bool:
        """Take in one source; False when it held no document at all."""
        is_read = self._bookmarks.has_finished(source) or self._read_documents(source)
        self._bytes_before += source.size or 0
        return is_read

    def _read_documents(self, source: Source) -> bool:
        start = self._bookmarks.start_of(source)
        count, place = int(start is not None), start or Place()
        for stream in source.streams(self._quiet):
            self._here = Reached(source, place, is_finished=False)
            for document in self._documents(source, stream, start):
                count += 1
                self._here = None
                self._take(source.shown_name, document)
                if document.place is not None:
                    self._here = Reached(source, document.place, is_finished=False)
                if self._gathered >= self._worthwhile() or count % BOOKMARK_EVERY == 0:
                    self._flush()
                if count % PROGRESS_EVERY == 0:
                    self._tell(stream)
            start, place = None, Place()
        if not source.grows:
            self._here = Reached(source, place, is_finished=True)
            self._bookmarks.reach(self._here)
        return count > 0

    def _documents(self, source: Source, stream: BufferedIOBase, start: Place | None) -> Iterator[Parsed]:
        rows = source.has_rows or self.options.shape in SHAPES_OF_ROWS
        largest = self.options.max_document_bytes
        return read_documents(stream, max_bytes=largest, is_payload=is_whole, rows=rows, start=start)

    def _quiet(self, position: int) -> None:
        """Nothing more comes for now."""
        self._flush()
        self._settle_batch()
        self._tell_position(position)

    def _tell(self, stream: BufferedIOBase) -> None:
        self._tell_position(stream.tell() if stream.seekable() else 0)

    def _tell_position(self, position: int) -> None:
        rate = self._read.received / max(time.monotonic() - self._started, 0.001)
        self.progress.update(self._bytes_before + position, self.counts.text(rate))

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
            placed = [Placed(referral, source, line, content.raw) for referral in found.referrals]
            reasons = reasons + found.rejected + [reason for one in placed if (reason := self._add(one))]
            self._read.ignored += found.ignored
        if reasons:
            self._reject(source, line, content.raw, reasons)

    def _add(self, placed: Placed) -> str | None:
        """Put the referral into its tenant's batch; the reason when it has no tenant."""
        try:
            session = self.router.session(placed.referral.receiver)
        except UnknownTenantError as error:
            return str(error)
        except AnotherTenantError as error:
            self._other_tenant = True
            return str(error)
        self._read.referrals += 1
        self._pending.setdefault(session, []).append(placed)
        self._gathered += 1
        return None

    def _worthwhile(self) -> int:
        """How many touches are handed over together: a batch of one tenant's. Of many tenants more, since each has a
        transaction of its own, but a few batches at most."""
        size = self.options.batch_size
        others = max(len(self._pending) - 1, 0)
        return min(size + TOUCHES_OF_A_TENANT * others, MOST_BATCHES * size)

    def _flush(self) -> None:
        """Hand over what was gathered, as soon as the batch before it is stored; and with it the place, if it is one
        where another run can go on."""
        if self._here is not None:
            self._bookmarks.reach(self._here)
        pending, self._pending, self._gathered = self._pending, {}, 0
        placed = self.storing.prepare(pending)
        batch = Batch(placed, self._before + self._read, self._bookmarks.cut() if self._here else [])
        self.rejects.flush()
        self._background.run(partial(self.storing.store, batch, self._bookmarks, lambda: self.rejects.path))

    def _settle_batch(self) -> None:
        self._background.wait()
        self.rejects.flush()

    def _refuse(self, placed: Placed, reason: str) -> None:
        """What the database does not take."""
        self._note_reject(placed.source, placed.line, placed.raw, [reason])
        self.rejects.flush()

    def _reject(self, source: str, line: int, raw: bytes, reasons: Sequence[str]) -> None:
        """One record a document, however many of its messages are rejected."""
        self._read.rejected += len(reasons)
        self._note_reject(source, line, raw, reasons)
        limit = self.options.max_rejects
        if limit is not None and self.counts.rejected > limit:
            self._flush()
            self._settle_batch()
            raise InputError(
                f"More than {limit} messages were rejected, the last at {source}:{line}: {reasons[0]}",
                hint=f"What was good before it has landed. The rejects are in {self.rejects.path}",
            )

    def _note_reject(self, source: str, line: int, raw: bytes, reasons: Sequence[str]) -> None:
        self.rejects.add(source, line, "; ".join(dict.fromkeys(reasons)), raw)
        if len(self._reasons) < SHOWN_REJECTS:
            self._reasons.append(f"{source}:{line}: {reasons[0]}")


def _bookmarks(database: Database, inputs: Sequence[Source], options: IngestOptions) -> Bookmarks:
    """None are kept by a dry run."""
    matters = (options.tenant_id, options.shape, options.create_contacts, options.verifier is not None)
    follows = [source.grows for source in inputs]
    job = None if options.dry_run else job_of(inputs, *matters, *follows)
    return open_bookmarks(database, job, inputs, from_start=options.from_start)
