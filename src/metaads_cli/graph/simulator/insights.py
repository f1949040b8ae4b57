"""`GET /{id}/insights`: rows per object and period, summed from what the ads delivered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from metaads_cli.graph.simulator import facts
from metaads_cli.graph.simulator.behaviour import Behaviour
from metaads_cli.graph.simulator.breakdowns import Splitter, breakdowns, most_parts
from metaads_cli.graph.simulator.delivery import AdDelivery, Day, Deliveries, Sums, account_day
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.filtering import LEVELS, Filter, filters, passes
from metaads_cli.graph.simulator.metrics import DEFAULT_SETTING, METRICS, Row
from metaads_cli.graph.simulator.paging import limit_of
from metaads_cli.graph.simulator.params import Params
from metaads_cli.graph.simulator.refusals import known, not_one_of, reduce_the_data, refused
from metaads_cli.graph.simulator.statuses import GONE, effective_status
from metaads_cli.graph.simulator.windows import Period, months_before, periods
from metaads_cli.graph.simulator.world import Node, World

Json = dict[str, Any]

LEVEL_KINDS = {"account": Kind.ACCOUNT, "campaign": Kind.CAMPAIGN, "adset": Kind.AD_SET, "ad": Kind.AD}
REFRESHED_EVERY = timedelta(minutes=15)
# Without `fields` (README 1.3).
DEFAULT_FIELDS = ("account_id", "impressions", "spend")
# Unique counts by breakdown are not kept longer (README 1.5).
UNIQUE_MONTHS = 13
UNIQUE = frozenset({"reach", "frequency", "cpp"})


@dataclass(frozen=True)
class Query:
    """What an insights call asks, checked."""

    node: Node
    level: str
    fields: tuple[str, ...]
    periods: tuple[Period, ...]
    filters: tuple[Filter, ...]
    windows: tuple[str, ...]
    sort: tuple[str, ...]
    summary: tuple[str, ...]
    breakdowns: tuple[str, ...] = ()

    @cached_property
    def shape(self) -> tuple[object, ...]:
        """What decides on the rows; which fields of them are shown does not."""
        return self.node.id, self.level, self.periods, repr(self.filters), self.windows, self.sort, self.breakdowns

    @cached_property
    def shown_windows(self) -> tuple[str, ...]:
        return tuple(window for window in self.windows if window != "default")

    @cached_property
    def action_types(self) -> frozenset[str] | None:
        """Those a filter names; None for all."""
        types = [one for one in self.filters if one.name == "action_type" and one.operator in {"IN", "EQUAL"}]
        return frozenset(name for one in types for name in one.texts) or None

    @property
    def one_each(self) -> bool:
        """Whether no row is a sum: ads by day."""
        return self.level == "ad" and all(period.start == period.stop for period in self.periods)

    @property
    def days(self) -> int:
        return sum((period.stop - period.start).days + 1 for period in self.periods)


class Result(NamedTuple):
    """One row: the object it is about, its days, its part of a breakdown, its figures.

    `setting` is the attribution setting, None where it is mixed.
    """

    entity: Node
    period: Period
    part: tuple[str, ...]
    sums: Sums
    setting: str | None


def refreshed(now: datetime) -> datetime:
    """Figures are renewed every 15 minutes (README 1.5)."""
    return now - (now - datetime.min.replace(tzinfo=UTC)) % REFRESHED_EVERY


class Insights:
    """Reads queries and computes their rows; the last results are kept, so that turning pages costs nothing."""

    kept_results = 8
    kept_rows = 300_000

    def __init__(self, world: World, behaviour: Behaviour):
        self._world = world
        self._behaviour = behaviour
        self._deliveries = Deliveries(world)
        self._kept: dict[tuple[object, ...], list[Result]] = {}

    def query(self, node: Node, params: Params, *, is_async: bool = False) -> Query:
        """Raises Refusal for parameters Meta refuses, and for too much data in one synchronous call."""
        number = self._world.account_of(node).values["account_id"]
        today = self._world.now().astimezone(self._world.zone(number)).date()
        level = _level(node, params)
        query = Query(
            node=node,
            level=level,
            fields=_fields(params, level),
            periods=tuple(periods(params, today, lambda: self._first_day(node))),
            filters=filters(params),
            windows=tuple(params.choices("action_attribution_windows", _enum("ActionAttributionWindows"))),
            sort=tuple(params.names("sort")),
            summary=_summary(params),
            breakdowns=_breakdowns(params),
        )
        if is_async:
            return query
        self._refuse_too_much(query, params)
        return _without_old_uniques(query, today)

    def _first_day(self, node: Node) -> date:
        zone = self._world.zone(self._world.account_of(node).values["account_id"])
        starts = [start for ad in self._ads(node) for start, _ in ad.active]
        return min(starts, default=self._world.now()).astimezone(zone).date()

    def _refuse_too_much(self, query: Query, params: Params) -> None:
        if limit_of(params) * len(query.fields) * query.days > self._behaviour.most_product:
            raise reduce_the_data()
        if self.exceeds(query, self._behaviour.most_points):
            raise known(100, 1487534)

    def exceeds(self, query: Query, most: int) -> bool:
        """Whether a query costs more points: ads × days × parts of a breakdown. Ads that it leaves out by an id cost
        nothing; they are looked at only where all of them together would be too many."""
        ads, each = self._ads(query.node), query.days * most_parts(query.breakdowns)
        if len(ads) * each <= most:
            return False
        by_id = [one for one in query.filters if one.name == "id"]
        return sum(passes(self._world, ad, by_id) for ad in ads) * each > most

    def results(self, query: Query, now: datetime) -> list[Result]:
        """All rows of the query as known at that time, by object and period; none where nothing was delivered."""
        as_of = refreshed(now)
        key = (query.shape, as_of, self._world.version)
        if key not in self._kept:
            self._forget()
            self._kept[key] = self._compute(query, as_of)
        return self._kept[key]

    def _forget(self) -> None:
        """Make room: for one more result, and for the rows that the last ones may have."""
        while self._kept and (
            len(self._kept) >= self.kept_results or sum(map(len, self._kept.values())) > self.kept_rows
        ):
            self._kept.pop(next(iter(self._kept)))

    def _compute(self, query: Query, now: datetime) -> list[Result]:
        figures: dict[Node, dict[tuple[int, tuple[str, ...]], Sums]] = {}
        settings: dict[Node, set[str]] = {}
        days, splitter, one_each = self._days(query), Splitter(self._world, query.breakdowns), query.one_each
        for ad, entity in self._counted(query):
            settings.setdefault(entity, set()).add(_attribution_setting(self._world, ad))
            rows = figures.setdefault(entity, {})
            delivery = self._deliveries.of(ad, now)
            for index, day, sums in self._delivered(delivery, days, now):
                parts = splitter.split(delivery, sums, day, now) if query.breakdowns else {(): sums}
                for part, share in parts.items():
                    if one_each:
                        rows[index, part] = share
                    else:
                        rows.setdefault((index, part), Sums()).add(share)
        results = [
            Result(entity, query.periods[index], part, sums, _one(settings[entity]))
            for entity, rows in figures.items()
            for (index, part), sums in sorted(rows.items(), key=_row_key)
        ]
        return _sorted(self, query, [one for one in results if _passes_metrics(self, query, one)])

    def row(self, query: Query, result: Result) -> Row:
        currency = self._world.account_of(result.entity).values["currency"]
        return Row(result.sums, currency, result.setting, query.shown_windows, query.action_types)

    def _ads(self, node: Node) -> Sequence[Node]:
        return [node] if node.kind is Kind.AD else self._world.children(node.id, Kind.AD)

    def _counted(self, query: Query) -> Iterator[tuple[Node, Node]]:
        """Each ad with the object its figures go to, except where filters exclude it or its object is not listed.

        Archived and deleted objects count in their parents' figures, but have rows of their own only when a filter
        names their status (README 1.3).
        """
        about_ads = [one for one in query.filters if _about_objects(one)]
        every = any(one.name == "effective_status" and one.level == query.level for one in query.filters)
        listed: dict[Node, bool] = {query.node: True}
        for ad in self._ads(query.node):
            entity = self._world.account_of(ad) if query.level == "account" else self._parent(ad, query.level)
            if entity is None or not passes(self._world, ad, about_ads):
                continue
            if entity not in listed:
                listed[entity] = every or effective_status(self._world, entity) not in GONE
            if listed[entity]:
                yield ad, entity

    def _parent(self, ad: Node, level: str) -> Node | None:
        return self._world.parent(ad, LEVEL_KINDS[level])

    def _delivered(
        self, delivery: AdDelivery, days: Sequence[tuple[int, Day]], now: datetime
    ) -> Iterator[tuple[int, Day, Sums]]:
        if not delivery.spans:
            return
        for index, day in days:
            sums = self._deliveries.on(delivery, day, now)
            if sums is not None:
                yield index, day, sums

    def _days(self, query: Query) -> Sequence[tuple[int, Day]]:
        """Every day asked for, with the index of its period."""
        zone = self._world.zone(self._world.account_of(query.node).values["account_id"])
        return [(index, account_day(day, zone)) for index, period in enumerate(query.periods) for day in period.days()]

    def render(self, query: Query, results: Sequence[Result]) -> list[Json]:
        """The rows as Meta sends them: texts, only what was asked for and has data, and always the dates."""
        names = [name for name in query.fields if name not in METRICS]
        described: dict[Node, Mapping[str, str | None]] = {}
        rows = []
        for result in results:
            about = described.get(result.entity)
            if about is None:
                about = described[result.entity] = {name: self._described(result.entity, name) for name in names}
            rows.append(self._rendered(query, result, about))
        return rows

    def _rendered(self, query: Query, result: Result, about: Mapping[str, str | None]) -> Json:
        row, answer = self.row(query, result), {}
        for name in query.fields:
            value = about[name] if name in about else METRICS[name](row)
            if value is not None:
                answer[name] = value
        answer["date_start"], answer["date_stop"] = str(result.period.start), str(result.period.stop)
        return answer | dict(zip(query.breakdowns, result.part, strict=True)) if query.breakdowns else answer

    def _described(self, entity: Node, name: str) -> str | None:
        """Fields about the object itself: `campaign_name` at ad level is the name of the ad's campaign."""
        account = self._world.account_of(entity)
        level, _, attribute = name.partition("_")
        if level == "account" and attribute in {"id", "name"}:
            return str(account.values["account_id"] if attribute == "id" else account.values["name"])
        node = self._world.parent(entity, LEVELS[level]) if level in LEVELS else None
        if node is not None and attribute in {"id", "name"}:
            return node.id if attribute == "id" else str(node.values["name"])
        return self._inherited(entity, name)

    def _inherited(self, entity: Node, name: str) -> str | None:
        source = {"objective": Kind.CAMPAIGN, "buying_type": Kind.CAMPAIGN, "optimization_goal": Kind.AD_SET}.get(name)
        node = self._world.parent(entity, source) if source else None
        if node is None:
            return None
        return str(node.values.get(name, "AUCTION" if name == "buying_type" else "")) or None

    def total(self, query: Query, results: Sequence[Result]) -> Json | None:
        """The sibling `summary`: the fields it names, over all rows."""
        if not query.summary or not results:
            return None
        sums = Sums()
        for one in results:
            sums.add(one.sums)
        row = Row(sums, self.row(query, results[0]).currency, DEFAULT_SETTING, query.windows)
        values = {name: METRICS[name](row) for name in query.summary if name in METRICS}
        return {name: value for name, value in values.items() if value is not None} | {
            "date_start": str(min(one.period for one in results).start),
            "date_stop": str(max(one.period.stop for one in results)),
        }


def _enum(name: str) -> tuple[str, ...]:
    return facts.enum(f"AdsInsights.{name}")


def _level(node: Node, params: Params) -> str:
    own = next((level for level, kind in LEVEL_KINDS.items() if kind is node.kind), "account")
    level = params.text("level") or own
    if level not in LEVEL_KINDS:
        raise not_one_of("level", _enum("Level"))
    if list(LEVEL_KINDS).index(level) < list(LEVEL_KINDS).index(own):
        # A level above the node is among the documented causes of 1/99.
        raise known(1, 99)
    return level


def _fields(params: Params, level: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(params.names("fields")))
    for name in names:
        if name not in facts.fields("AdsInsights"):
            raise refused("fields", f"{name} is not valid for fields param. Please check the list of valid fields")
    if names:
        return names
    own = {
        "campaign": ("campaign_id",),
        "adset": ("campaign_id", "adset_id"),
        "ad": ("campaign_id", "adset_id", "ad_id"),
    }
    return (*DEFAULT_FIELDS, *own.get(level, ()))


def _summary(params: Params) -> tuple[str, ...]:
    """Fields named for the summary; the SDK's `summary=true` names none."""
    names = params.names("summary")
    return tuple(name for name in names if name not in {"true", "false", "True", "False"})


def _breakdowns(params: Params) -> tuple[str, ...]:
    params.choices("action_breakdowns", _enum("ActionBreakdowns"))
    return breakdowns(params)


def _without_old_uniques(query: Query, today: date) -> Query:
    """A synchronous call by breakdown that begins too long ago gets no unique counts, and no error (README 1.5)."""
    first = min(period.start for period in query.periods)
    if not query.breakdowns or first >= months_before(today, UNIQUE_MONTHS):
        return query
    return replace(query, fields=tuple(name for name in query.fields if name not in UNIQUE))


def _row_key(item: tuple[tuple[int, tuple[str, ...]], Sums]) -> tuple[int, tuple[str, ...]]:
    return item[0]


def _one(settings: set[str]) -> str | None:
    return next(iter(settings)) if len(settings) == 1 else None


def _about_objects(one: Filter) -> bool:
    return one.name not in METRICS and one.name != "action_type"


def _passes_metrics(insights: Insights, query: Query, result: Result) -> bool:
    about_metrics = [one for one in query.filters if one.name in METRICS]
    return not about_metrics or all(
        one.accepts(METRICS[one.name](insights.row(query, result))) for one in about_metrics
    )


def _sorted(insights: Insights, query: Query, results: list[Result]) -> list[Result]:
    for order in reversed(query.sort):
        name, _, direction = order.rpartition("_")
        if name not in METRICS or direction not in {"ascending", "descending"}:
            raise refused("sort", f"Param sort is not valid: {order}")
        metric = METRICS[name]
        results = sorted(
            results, key=lambda one: Decimal(metric(insights.row(query, one)) or 0), reverse=direction == "descending"
        )  # fmt: skip
    return results


def _attribution_setting(world: World, ad: Node) -> str:
    """Of the ad set: `7d_click_1d_view` and the like."""
    ad_set = world.parent(ad, Kind.AD_SET)
    spec = (ad_set.values.get("attribution_spec") if ad_set else None) or []
    names = {"CLICK_THROUGH": "click", "VIEW_THROUGH": "view"}
    events = [(str(one.get("window_days")), names.get(str(one.get("event_type")))) for one in spec]
    parts = [f"{days}d_{event}" for days, event in events if event]
    return "_".join(sorted(parts, key=lambda part: "view" in part)) or DEFAULT_SETTING
