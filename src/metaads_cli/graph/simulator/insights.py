"""`GET /{id}/insights`: rows per object and period, summed from what the ads delivered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from metaads_cli.graph.simulator import facts
from metaads_cli.graph.simulator.behaviour import Behaviour
from metaads_cli.graph.simulator.delivery import AdDelivery, Day, Sums, account_day
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.filtering import LEVELS, Filter, filters, passes
from metaads_cli.graph.simulator.metrics import DEFAULT_SETTING, METRICS, Row
from metaads_cli.graph.simulator.paging import limit_of
from metaads_cli.graph.simulator.params import Params
from metaads_cli.graph.simulator.refusals import known, not_one_of, reduce_the_data, refused
from metaads_cli.graph.simulator.statuses import GONE, effective_status
from metaads_cli.graph.simulator.windows import Period, periods
from metaads_cli.graph.simulator.world import Node, World

Json = dict[str, Any]

LEVEL_KINDS = {"account": Kind.ACCOUNT, "campaign": Kind.CAMPAIGN, "adset": Kind.AD_SET, "ad": Kind.AD}
REFRESHED_EVERY = timedelta(minutes=15)
# Without `fields` (README 1.3).
DEFAULT_FIELDS = ("account_id", "impressions", "spend")


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

    @property
    def shape(self) -> tuple[object, ...]:
        """What decides on the rows; which fields of them are shown does not."""
        return self.node.id, self.level, self.periods, repr(self.filters), self.windows, self.sort

    @property
    def days(self) -> int:
        return sum((period.stop - period.start).days + 1 for period in self.periods)


@dataclass(frozen=True)
class Result:
    """One row: the object it is about, its days, its figures."""

    entity: Node
    period: Period
    row: Row


def refreshed(now: datetime) -> datetime:
    """Figures are renewed every 15 minutes (README 1.5)."""
    return now - (now - datetime.min.replace(tzinfo=UTC)) % REFRESHED_EVERY


class Insights:
    """Reads queries and computes their rows; the last results are kept, so that turning pages costs nothing."""

    kept_results = 8

    def __init__(self, world: World, behaviour: Behaviour):
        self._world = world
        self._behaviour = behaviour
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
        )
        _refuse_breakdowns(params)
        if not is_async:
            self._refuse_too_much(query, params)
        return query

    def _first_day(self, node: Node) -> date:
        zone = self._world.zone(self._world.account_of(node).values["account_id"])
        starts = [start for ad in self._ads(node) for start, _ in ad.active]
        return min(starts, default=self._world.now()).astimezone(zone).date()

    def _refuse_too_much(self, query: Query, params: Params) -> None:
        if limit_of(params) * len(query.fields) * query.days > self._behaviour.most_product:
            raise reduce_the_data()
        if len(self._ads(query.node)) * query.days > self._behaviour.most_points:
            raise known(100, 1487534)

    def results(self, query: Query, now: datetime) -> list[Result]:
        """All rows of the query as known at that time, by object and period; none where nothing was delivered."""
        as_of = refreshed(now)
        key = (query.shape, as_of, self._world.version)
        if key not in self._kept:
            while len(self._kept) >= self.kept_results:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = self._compute(query, as_of)
        return self._kept[key]

    def _compute(self, query: Query, now: datetime) -> list[Result]:
        figures: dict[tuple[Node, int], Sums] = {}
        settings: dict[Node, set[str]] = {}
        days = self._days(query)
        for ad in self._ads(query.node):
            entity = self._entity(query, ad)
            if entity is None:
                continue
            settings.setdefault(entity, set()).add(_attribution_setting(self._world, ad))
            for index, sums in self._delivered(ad, days, now):
                figures.setdefault((entity, index), Sums()).add(sums)
        order = {entity: position for position, entity in enumerate(settings)}
        ordered = sorted(figures.items(), key=lambda item: (order[item[0][0]], item[0][1]))
        results = [
            Result(entity, query.periods[index], self._row(query, entity, sums, settings[entity]))
            for (entity, index), sums in ordered
        ]
        return _sorted(query, [one for one in results if _passes_metrics(query, one)])

    def _row(self, query: Query, entity: Node, sums: Sums, settings: set[str]) -> Row:
        types = [one for one in query.filters if one.name == "action_type" and one.operator in {"IN", "EQUAL"}]
        wanted = frozenset(name for one in types for name in one.texts)
        return Row(
            sums,
            self._world.account_of(entity).values["currency"],
            next(iter(settings)) if len(settings) == 1 else None,
            tuple(window for window in query.windows if window != "default"),
            wanted or None,
        )

    def _ads(self, node: Node) -> Sequence[Node]:
        return [node] if node.kind is Kind.AD else self._world.children(node.id, Kind.AD)

    def _entity(self, query: Query, ad: Node) -> Node | None:
        """The object the ad's figures go to; None where filters exclude the ad, or its object is not listed.

        Archived and deleted objects count in their parents' figures, but have rows of their own only when a filter
        names their status (README 1.3).
        """
        entity = self._world.account_of(ad) if query.level == "account" else self._parent(ad, query.level)
        if entity is None or not passes(self._world, ad, [one for one in query.filters if _about_objects(one)]):
            return None
        asked = any(one.name == "effective_status" and one.level == query.level for one in query.filters)
        if not asked and entity is not query.node and effective_status(self._world, entity) in GONE:
            return None
        return entity

    def _parent(self, ad: Node, level: str) -> Node | None:
        return self._world.parent(ad, LEVEL_KINDS[level])

    def _delivered(self, ad: Node, days: Sequence[tuple[int, Day]], now: datetime) -> Iterator[tuple[int, Sums]]:
        delivery = AdDelivery(self._world, ad)
        if not delivery.spans:
            return
        for index, day in days:
            sums = delivery.on(day, now)
            if sums is not None:
                yield index, sums

    def _days(self, query: Query) -> Sequence[tuple[int, Day]]:
        """Every day asked for, with the index of its period."""
        zone = self._world.zone(self._world.account_of(query.node).values["account_id"])
        return [(index, account_day(day, zone)) for index, period in enumerate(query.periods) for day in period.days()]

    def render(self, query: Query, result: Result) -> Json:
        """The row as Meta sends it: texts, only what was asked for and has data, and always the dates."""
        answer = {}
        for name in query.fields:
            value = METRICS[name](result.row) if name in METRICS else self._described(result.entity, name)
            if value is not None:
                answer[name] = value
        return answer | {"date_start": str(result.period.start), "date_stop": str(result.period.stop)}

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
            sums.add(one.row.sums)
        row = Row(sums, results[0].row.currency, DEFAULT_SETTING, query.windows)
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


def _refuse_breakdowns(params: Params) -> None:
    params.choices("action_breakdowns", _enum("ActionBreakdowns"))
    if params.choices("breakdowns", _enum("Breakdowns")):
        raise known(2, 1504041, message="Invalid Breakdowns: the simulator has none")


def _about_objects(one: Filter) -> bool:
    return one.name not in METRICS and one.name != "action_type"


def _passes_metrics(query: Query, result: Result) -> bool:
    return all(one.accepts(METRICS[one.name](result.row)) for one in query.filters if one.name in METRICS)


def _sorted(query: Query, results: list[Result]) -> list[Result]:
    for order in reversed(query.sort):
        name, _, direction = order.rpartition("_")
        if name not in METRICS or direction not in {"ascending", "descending"}:
            raise refused("sort", f"Param sort is not valid: {order}")
        metric = METRICS[name]
        results = sorted(
            results, key=lambda one: Decimal(metric(one.row) or 0), reverse=direction == "descending"
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
