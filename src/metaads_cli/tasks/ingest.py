"""Ingest: from webhook logs to touches and first-touch attributions, batch by batch."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO, cast

from metaads_cli.console import Progress
from metaads_cli.db.queries.touches import BatchOutcome, store_touches
from metaads_cli.db.session import Database, TenantSession
from metaads_cli.errors import InputError, UsageError
from metaads_cli.models.referral import Referral
from metaads_cli.models.reports import IngestReport
from metaads_cli.referrals.documents import BrokenDocument, Document, NotJson, decode, read_documents
from metaads_cli.referrals.shapes import extract, is_payload, rejected_payload
from metaads_cli.tasks.rejects import RejectsFile
from metaads_cli.tasks.tenants import AnotherTenantError, Router, UnknownTenantError

PROGRESS_EVERY = 500  # documents
SHOWN_REJECTS = 5


@dataclass(frozen=True)
class Source:
    """A file, or standard input under the name `-`."""

    name: str

    @property
    def shown_name(self) -> str:
        return "standard input" if self.name == "-" else self.name

    @property
    def size(self) -> int | None:
        return None if self.name == "-" else Path(self.name).stat().st_size

    def open(self) -> BufferedIOBase:
        if self.name == "-":
            return cast("BufferedIOBase", sys.stdin.buffer)
        return cast("BufferedIOBase", Path(self.name).open("rb"))


def sources(names: Sequence[str], rejects: Path | None) -> list[Source]:
    """The inputs, checked before anything is read. Raises UsageError naming the one that cannot be used."""
    if names.count("-") > 1:
        raise UsageError("Standard input (-) is named twice; it can be read once")
    for name in names:
        if name == "-":
            _require_another_file(rejects)
            continue
        path = Path(name)
        if not name or not path.exists():
            raise UsageError(f"The file {name or '(no name)'} does not exist", hint="- reads standard input")
        if path.is_dir():
            raise UsageError(f"{name} is a folder; expected files", hint=f"metaads ingest {name}/*")
        if rejects is not None and rejects.exists() and rejects.samefile(path):
            raise _same_file(name)
        if path.is_file():  # opening and closing a pipe would end its writer
            _require_readable(path)
    return [Source(name) for name in names]


def _require_another_file(rejects: Path | None) -> None:
    """Rejects that are appended to what is being read would be read and rejected for ever."""
    if rejects is None or not rejects.exists():
        return
    try:
        same = os.path.samestat(os.fstat(sys.stdin.fileno()), rejects.stat())
    except (OSError, ValueError):  # standard input that is no file at all
        return
    if same:
        raise _same_file("standard input")


def _same_file(name: str) -> UsageError:
    return UsageError(f"{name} is read and written in the same run", hint="Name another file with --rejects")


def _require_readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}") from None


@dataclass(frozen=True)
class IngestOptions:
    tenant_id: int | None
    create_contacts: bool
    batch_size: int
    max_document_bytes: int
    max_rejects: int | None
    dry_run: bool


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

    def add(self, outcome: BatchOutcome) -> None:
        self.duplicates += outcome.duplicates
        self.created_contacts += outcome.created_contacts
        self.held += outcome.held
        self.attributed += outcome.attributed

    def text(self) -> str:
        return f"{self.referrals:,} referrals, {self.duplicates:,} known, {self.attributed:,} attributed"


def ingest(
    database: Database,
    inputs: Sequence[Source],
    options: IngestOptions,
    rejects: RejectsFile,
    progress: Progress,
) -> IngestRun:
    """Read all inputs; what is good lands in batches, what is not goes to the rejects file.

    Raises InputError when more than `max_rejects` messages were rejected; what landed before stays.
    """
    return _Ingest(Router(database, options.tenant_id), options, rejects, progress).run(inputs)


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
    bytes_before: int = 0
    """In the sources that are read already."""

    def run(self, inputs: Sequence[Source]) -> IngestRun:
        started = time.monotonic()
        empty = [source.shown_name for source in inputs if not self._read(source)]
        self._flush()
        report = IngestReport(
            received=self.counts.referrals + self.counts.ignored + self.counts.rejected,
            referrals=self.counts.referrals,
            ignored=self.counts.ignored,
            duplicates=self.counts.duplicates,
            attributed=self.counts.attributed,
            created_contacts=self.counts.created_contacts,
            held=self.counts.held,
            rejected=self.counts.rejected,
            rejects_file=str(self.rejects.path) if self.rejects.path else None,
            duration_seconds=round(time.monotonic() - started, 3),
            dry_run=self.options.dry_run,
        )
        return IngestRun(report, self.reasons, self.other_tenant, empty)

    def _read(self, source: Source) -> bool:
        """Take in one source; False when it held no document at all."""
        count = 0
        with closing(source.open()) as stream:
            for document in self._documents(stream):
                count += 1
                self._take(source.shown_name, document)
                if count % PROGRESS_EVERY == 0:
                    self.progress.update(self.bytes_before + _position(stream), self.counts.text())
        self.bytes_before += source.size or 0
        return count > 0

    def _documents(self, stream: BufferedIOBase) -> Iterator[Document | BrokenDocument]:
        return read_documents(stream, max_bytes=self.options.max_document_bytes, is_payload=is_payload)

    def _take(self, source: str, document: Document | BrokenDocument) -> None:
        if isinstance(document, BrokenDocument):
            self._reject(source, document.line, document.raw, [document.reason])
            return
        value, raw = document.value, document.raw
        if (original := rejected_payload(value)) is not None:  # a rejects file is fed back
            raw = original
            try:
                value = decode(original)
            except NotJson as error:
                self._reject(source, document.line, raw, [f"the payload is {error}"])
                return
        found = extract(value)
        placed = [_Placed(referral, source, document.line, raw) for referral in found.referrals]
        reasons = found.rejected + [reason for one in placed if (reason := self._add(one))]
        self.counts.ignored += found.ignored
        if reasons:
            self._reject(source, document.line, raw, reasons)

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
            outcome = store_touches(
                session,
                [one.referral for one in placed],
                create_contacts=self.options.create_contacts,
                dry_run=self.options.dry_run,
            )
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
    return stream.tell() if cast("BinaryIO", stream).seekable() else 0
