"""What is stored of campaigns, ad sets and ads over some days: their figures, their names, the days that were read."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from metaads_cli.db.queries import statement
from metaads_cli.db.session import Reader
from metaads_cli.models.insight import Days, Level


class Place(NamedTuple):
    """An object of one level, and what it belongs to."""

    level: Level
    account_id: str
    campaign_id: str | None
    adset_id: str | None


class AccountFacts(NamedTuple):
    """`data_source` is live or stub, None before the first sync."""

    account_id: str
    currency: str | None
    timezone_name: str | None
    data_source: str | None
    registered: bool


class CampaignFacts(NamedTuple):
    name: str | None = None
    status: str | None = None
    effective_status: str | None = None
    objective: str | None = None
    daily_budget: Decimal | None = None
    lifetime_budget: Decimal | None = None


class AdSetFacts(NamedTuple):
    name: str | None = None
    status: str | None = None
    effective_status: str | None = None
    optimization_goal: str | None = None
    billing_event: str | None = None
    destination_type: str | None = None
    daily_budget: Decimal | None = None
    lifetime_budget: Decimal | None = None
    targeting: Any = None
    """Meta's JSON."""


class AdFacts(NamedTuple):
    name: str | None = None
    status: str | None = None
    effective_status: str | None = None
    creative_id: str | None = None
    title: str | None = None
    body: str | None = None
    call_to_action_type: str | None = None
    thumbnail_url: str | None = None
    story: Any = None
    """Meta's JSON."""


class CatalogueCampaign(NamedTuple):
    campaign_id: str
    account_id: str
    name: str
    status: str | None


class StoredRow(NamedTuple):
    """One object on one day."""

    day: date
    currency: str
    spend: Decimal | None
    impressions: int | None
    clicks: int | None
    conversions: Decimal | None
    revenue: Decimal | None
    ctr: Decimal | None
    cpc: Decimal | None
    roas: Decimal | None
    cost_per_conversion: Decimal | None
    reach: int | None
    frequency: Decimal | None
    unique_clicks: int | None
    fetched_at: datetime


class StoredSums(NamedTuple):
    """One object over some days, in one currency."""

    entity_id: str
    currency: str
    adset_id: str | None
    spend: Decimal | None
    impressions: int | None
    clicks: int | None
    conversions: Decimal | None
    revenue: Decimal | None


class RunOfAccount(NamedTuple):
    """One sync of one account. `success` and what follows is None while it is at work, or when it was killed.

    `entities` and `problems` count by level the objects that were read and the faults; `status` is as in the report.
    """

    run_id: UUID
    account_id: str
    sync_type: str
    mode: str
    since: date
    until: date
    started_at: datetime
    finished_at: datetime | None
    success: bool | None
    status: str | None = None
    entities: dict[str, int] | None = None
    problems: dict[str, int] | None = None
    rate_limit_hits: int | None = None
    error: str | None = None


def identify(reader: Reader, entity_id: str) -> list[Place]:
    """What has this id; more than one only where ids of different levels are the same."""
    rows = _fetch(reader, "identify", {"entity_id": entity_id})
    return [Place(Level(level), *rest) for level, *rest in rows]


def account_facts(reader: Reader, account_id: str) -> AccountFacts:
    return AccountFacts(account_id, *_fetch(reader, "account", {"account_id": account_id})[0])


def all_accounts(reader: Reader, days: Days) -> list[AccountFacts]:
    """Those that are registered or were, and those with figures in these days."""
    return [AccountFacts(*row) for row in _fetch(reader, "accounts", {"since": days.since, "until": days.until})]


def campaign_facts(reader: Reader, campaign_id: str | None) -> CampaignFacts:
    return CampaignFacts(*_first(reader, "campaign", campaign_id))


def adset_facts(reader: Reader, adset_id: str | None) -> AdSetFacts:
    return AdSetFacts(*_first(reader, "adset", adset_id))


def ad_facts(reader: Reader, ad_id: str) -> AdFacts:
    return AdFacts(*_first(reader, "ad", ad_id))


def ad_names(reader: Reader, adset_id: str | None) -> dict[str, str]:
    return dict(_fetch(reader, "ads_of_adset", {"entity_id": adset_id}))


def count_children(reader: Reader, account_id: str, entity_id: str, days: Days) -> tuple[int, int]:
    """The ad sets and the ads in a campaign or an ad set."""
    values = {"account_id": account_id, "entity_id": entity_id, "since": days.since, "until": days.until}
    ((ad_sets, ads),) = _fetch(reader, "count_children", values)
    return ad_sets, ads


def insight_rows(reader: Reader, account_id: str, level: Level, entity_id: str, days: Days) -> list[StoredRow]:
    """By day."""
    return [StoredRow(*row) for row in _fetch(reader, "insight_rows", _of(account_id, level, days, entity_id))]


def sums_of_level(reader: Reader, account_id: str, level: Level, days: Days) -> list[StoredSums]:
    return [StoredSums(*row) for row in _fetch(reader, "sums", _of(account_id, level, days))]


def days_read(reader: Reader, account_id: str, level: Level, days: Days) -> dict[date, datetime]:
    """When each day of a level was last read to its end."""
    return dict(_fetch(reader, "days_read", _of(account_id, level, days)))


def catalogue_campaigns(reader: Reader) -> list[CatalogueCampaign]:
    return [CatalogueCampaign(*row) for row in _fetch(reader, "campaigns")]


def latest_runs(reader: Reader, not_before: datetime, most: int) -> list[RunOfAccount]:
    """At most so many of each account, by their start."""
    runs = (RunOfAccount(*row) for row in _fetch(reader, "runs", {"not_before": not_before, "most": most}))
    return [
        run._replace(
            started_at=run.started_at.astimezone(UTC),
            finished_at=run.finished_at.astimezone(UTC) if run.finished_at is not None else None,
        )
        for run in runs
    ]


def last_successes(reader: Reader) -> dict[str, datetime]:
    """By account."""
    return {account_id: moment.astimezone(UTC) for account_id, moment in _fetch(reader, "last_success")}


def last_days_read(reader: Reader) -> dict[str, date]:
    """The latest day of campaigns that was read, by account."""
    return dict(_fetch(reader, "data_days"))


def _of(account_id: str, level: Level, days: Days, entity_id: str | None = None) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "entity_type": str(level),
        "entity_id": entity_id,
        "since": days.since,
        "until": days.until,
    }


def _first(reader: Reader, name: str, entity_id: str | None) -> tuple[Any, ...]:
    """The one row; nothing where the catalogue does not know the object."""
    return next(iter(_fetch(reader, name, {"entity_id": entity_id})), ())


def _fetch(reader: Reader, name: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    return reader.session.run(reader.cursor, statement(f"performance/{name}"), values).fetchall()
