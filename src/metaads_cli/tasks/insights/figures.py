"""The figures of one account, level by level and slice by slice, from Meta's pages into the table."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import msgspec

from metaads_cli.db.queries import insights as rows
from metaads_cli.db.queries import objects, syncs
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import MetaAdsError, SafetyRefusal
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.failures import FailureClass, GraphFailure, explain
from metaads_cli.graph.insights import InsightsReader, Only
from metaads_cli.graph.paging import IDS_PER_URL, batches
from metaads_cli.models.insight import Days, Insight, Level, MeasuredInsight, RequestShape
from metaads_cli.tasks.insights import plan
from metaads_cli.tasks.insights.options import SyncOptions
from metaads_cli.tasks.insights.outcome import AccountOutcome
from metaads_cli.tasks.insights.results import Results
from metaads_cli.tasks.insights.together import InDatabase, one_ahead

# What an account proved to give is believed so long; then it is asked for more again.
SHAPES_LAST = timedelta(days=7)
LONGEST_RANGE = 90

Tell = Callable[[str], None]


@dataclass
class FiguresReader:
    """Reads the planned days of each level. `objects` counts those that the catalogue knows; where it is not `certain`
    what counts as a result, days are stored but not noted as read."""

    session: TenantSession
    client: GraphClient
    account_id: str
    options: SyncOptions
    outcome: AccountOutcome
    in_database: InDatabase
    tell: Tell
    days_of: Mapping[Level, list[Days]]
    known_days: Mapping[Level, Mapping[date, syncs.DayRead]]
    results: Results
    objects: Mapping[Level, int]
    certain: bool

    def __post_init__(self) -> None:
        self._read_at = datetime.now(UTC)
        self._shapes = syncs.read_shapes(self.session, self.account_id, self._read_at - SHAPES_LAST)

    async def read(self, level: Level) -> None:
        """One level's trouble leaves the others alone, but for a token that is of no use."""
        try:
            await self._read_level(level)
        except GraphFailure as error:
            self._fail(level, explain(error))
            if error.failure.failure_class is FailureClass.AUTH:
                raise
        except MetaAdsError as error:
            self._fail(level, error)
        except rows.SourceMismatch:
            self._fail(level, SafetyRefusal("Another run gave the account figures of another source meanwhile"))

    def _fail(self, level: Level, error: MetaAdsError) -> None:
        self.outcome.problems[level] += 1
        self.outcome.fail(f"{self.account_id}, {level} level", error)

    async def _read_level(self, level: Level) -> None:
        """Slice by slice, the latest days first; a slice that is too much is cut until it goes."""
        reader = InsightsReader(self.client, self.account_id, level, self._shape(level))
        longest = plan.days_per_slice(level, self.known_days[level], self.objects)
        left = deque(part for days in self.days_of[level] for part in days.cut(longest))
        while left:
            days = left.popleft()
            if len(days) > reader.shape.days:
                left.extendleft(reversed(days.cut(reader.shape.days)))
                continue
            try:
                await self._read_slice(reader, days)
            except GraphFailure as error:
                await self.in_database(rows.discard_insights, self.session, level)
                if not reader.reduce(error.failure, days, self.objects.get(Level.CAMPAIGN, 0)):
                    raise GraphFailure(error.failure, f"{error.what}, {days}") from error
                left.appendleft(days)
            else:
                await self._remember(level, reader.shape)

    def _shape(self, level: Level) -> RequestShape:
        most = self.options.settings.page_size
        known = self._shapes.get(level, RequestShape(page_size=most, days=LONGEST_RANGE))
        return msgspec.structs.replace(known, page_size=min(most, known.page_size))

    async def _remember(self, level: Level, shape: RequestShape) -> None:
        if shape != self._shape(level):
            self._shapes[level] = shape
            account_id, learned = self.account_id, (self._read_at, self._read_at - SHAPES_LAST)
            await self.in_database(syncs.save_shape, self.session, account_id, level, shape, *learned)

    async def _read_slice(self, reader: InsightsReader, days: Days) -> None:
        """All pages of these days into the staging table, then into the table itself."""
        piece = rows.Slice(self.account_id, reader.level, days, datetime.now(UTC))
        complete, count = self.certain, 0  # else what counts as a result may be taken wrongly
        for only in await self._portions(reader.shape):
            async for page in one_ahead(reader.pages(days, only)):
                problems = list(page.unreadable)
                measured = self._measured(page.data, problems)
                count += await self.in_database(rows.stage_insights, self.session, piece, measured)
                complete = complete and not problems
                self._note_problems(reader.level, problems)
                self.tell(f"{self.account_id} {reader.level} {days}: {count:,} rows")
        narrowed = self.options.only
        piece = replace(
            piece, complete=complete, ids_of=narrowed.level if narrowed else None, ids=narrowed.ids if narrowed else ()
        )
        counts = await self.in_database(rows.store_insights, self.session, piece, self.options.data_source)
        self.outcome.note_read(reader.level, days, counts)

    def _measured(self, page: list[Insight], problems: list[str]) -> Iterator[MeasuredInsight]:
        """The rows with their results; one whose actions cannot be read is told of and left out."""
        for insight in page:
            try:
                yield self.results.measure(insight)
            except ValueError as error:
                problems.append(f"campaign {insight.campaign_id}, {insight.date_start}: {error}")

    def _note_problems(self, level: Level, problems: list[str]) -> None:
        self.outcome.problems[level] += len(problems)
        self.outcome.errors += [f"{self.account_id}, {level} level, unreadable row: {text}" for text in problems]

    async def _portions(self, shape: RequestShape) -> list[Only | None]:
        """The objects of each request: all at once, unless it is narrowed or has proved to be too much."""
        if self.options.only is not None:
            parts = batches(self.options.only.ids, IDS_PER_URL)
            return [Only(self.options.only.level, part) for part in parts]
        if shape.campaigns is None:
            return [None]
        size = shape.campaigns if shape.asynchronous else min(shape.campaigns, IDS_PER_URL)
        known = await self.in_database(objects.campaign_ids, self.session, self.account_id)
        return [Only(Level.CAMPAIGN, part) for part in batches(known, size)]
