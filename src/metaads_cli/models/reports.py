"""The result documents: what a task returns and `--format json` prints, key for key."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from metaads_cli.models.migrations import MigrateReport
from metaads_cli.models.statistics import StatsReport


class IngestReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.ingest/1"):
    """What one `ingest` did, in messages: `received = referrals + ignored + rejected`.

    `duplicates` are the referrals that were known already, `held` those of this input that no person could be
    found for, `attributed` the people whose first touch was written, `matched` touches of earlier runs that were held
    and have their person now. `resumed`: it counts what an interrupted run of the same command did as well.
    """

    received: int
    referrals: int
    ignored: int
    duplicates: int
    attributed: int
    created_contacts: int
    held: int
    rejected: int
    rejects_file: str | None
    duration_seconds: float
    matched: int = 0
    dry_run: bool = False
    resumed: bool = False


class EnrichReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.enrich/1"):
    """What one `enrich` did. `ads_failed` were not answered and are asked for again by the next run, and so are
    `leads_failed`, and `leads_refused` for want of the permission.

    `attributed` are the people whose first touch a lead's answers told, `created_contacts` those who were not known.
    """

    ads_pending: int
    ads_resolved: int
    ads_not_found: int
    ads_failed: int
    patients_updated: int
    api_calls: int
    duration_seconds: float
    errors: list[str]
    leads_pending: int = 0
    leads_completed: int = 0
    leads_not_found: int = 0
    leads_refused: int = 0
    leads_failed: int = 0
    attributed: int = 0
    created_contacts: int = 0


class LevelCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one level with figures in the days that were read. `errors` are unreadable rows, and ranges of days
    that Meta did not give."""

    processed: int
    success: int
    errors: int


class RowReport(msgspec.Struct, frozen=True, kw_only=True):
    inserted: int
    updated: int
    unchanged: int
    removed: int
    """Stored rows that Meta no longer returns."""


class DateRange(msgspec.Struct, frozen=True, kw_only=True):
    """Days of the accounts, both ends included."""

    start: date
    end: date


class AccountReport(msgspec.Struct, frozen=True, kw_only=True):
    """`status`: ok, fresh (nothing to read), busy (another sync has it), partial, failed."""

    tenant_id: int
    account_id: str
    status: str
    currency: str | None
    timezone: str | None
    resumed: bool
    rows: RowReport
    reason: str | None
    """The first thing that went wrong."""


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """A metric that differs between the rows of a level and the account's own figure, over the days that were read."""

    account_id: str
    level: str
    metric: str
    account_total: Decimal
    stored_total: Decimal
    difference: Decimal
    reason: str


class SyncReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.sync/1"):
    """What one `sync-insights` did. `success` is true when every account was read, or had nothing to read."""

    sync_id: UUID
    sync_timestamp: datetime
    sync_type: str
    mode: str
    date_range: DateRange | None
    campaigns: LevelCounts
    adsets: LevelCounts
    ads: LevelCounts
    rows: RowReport
    api_calls: int
    rate_limit_hits: int
    waited_seconds: float
    accounts: list[AccountReport]
    reconciliation: list[Reconciliation]
    total_duration_seconds: float
    success: bool
    errors: list[str]
    warnings: list[str]


class PlannedStep(msgspec.Struct, frozen=True, kw_only=True):
    """`changes` are the fields that are sent for an update, `drift` those that somebody changed by hand at Meta."""

    action: str
    kind: str
    key: str
    name: str
    meta_id: str | None
    changes: dict[str, Any] = {}
    drift: dict[str, Any] = {}


class MadeObject(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    meta_id: str | None
    status: str


class CampaignCreation(msgspec.Struct, frozen=True, kw_only=True):
    """Of ad sets, creatives and ads the first one. The `db_id` is the key in schema `metaads`: Meta's id."""

    campaign_db_id: str | None
    campaign_meta_id: str | None
    adset_db_id: str | None
    adset_meta_id: str | None
    ad_db_id: str | None
    ad_meta_id: str | None
    creative_db_id: str | None
    creative_meta_id: str | None
    success: bool
    error: str | None


class InsightsSync(msgspec.Struct, frozen=True, kw_only=True):
    insights_synced: int
    date_range_start: date | None
    date_range_end: date | None
    success: bool
    error: str | None


class OrchestrationReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.orchestration/1"):
    """What one `orchestrate` did with one campaign, or with --plan would do. Amounts are in `currency`; `daily_total`
    is None where a budget is for the whole run, `run_total` where there is no end."""

    request_id: UUID
    social_account_id: str | None
    clip_id: str | None
    tenant_id: int
    account_id: str
    campaign_key: str
    mode: str
    planned_only: bool
    overall_success: bool
    started_at: datetime
    completed_at: datetime
    duration_seconds: float
    currency: str
    daily_total: Decimal | None
    run_total: Decimal | None
    campaign_creation: CampaignCreation
    insights_sync: InsightsSync | None
    adsets: list[MadeObject]
    creatives: list[MadeObject]
    ads: list[MadeObject]
    plan: list[PlannedStep]
    resume: str | None
    errors: list[str]
    warnings: list[str]


class OrchestrationBatch(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.orchestration-batch/1"
):
    """Several campaigns, in the order of the files."""

    campaigns: list[OrchestrationReport]


class ImportReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.import/1"):
    """A campaign of Meta's as a campaign file: `file` is its text."""

    campaign_key: str
    account_id: str
    meta_id: str
    mode: str
    file: str


class SteeringReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.steering/1"):
    """A campaign that was paused or activated. `before` is what Meta had; where that is `status`, nothing changed."""

    campaign_key: str
    account_id: str
    meta_id: str
    name: str
    mode: str
    before: str
    status: str
    changed: bool
    warnings: list[str] = []


class BudgetLine(msgspec.Struct, frozen=True, kw_only=True):
    """One ad set. `days` are those on which it spent, `proposed` is `budget` where `note` says why it stays."""

    key: str
    name: str
    days: int
    spend: Decimal
    leads: Decimal
    cost_per_lead: Decimal | None
    budget: Decimal | None
    proposed: Decimal | None
    note: str | None


class BudgetReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.budgets/1"):
    """Daily budgets as they could be; nothing is applied. `leads` says what counted as one: people or conversions.
    `reason` says why nothing is proposed; `diff` is of the campaign file."""

    campaign_key: str
    account_id: str
    currency: str
    since: date
    until: date
    leads: str
    daily_total: Decimal
    adsets: list[BudgetLine]
    reason: str | None
    diff: str | None = None


class DemoReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.demo/1"):
    migrate: MigrateReport
    ingest: IngestReport
    enrich: EnrichReport
    stats: list[StatsReport]


class EmbeddedStatus(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.db/1"):
    running: bool
    data_directory: str
    url: str | None


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    value: str
    origin: str | None


class SettingsReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.config/1"):
    settings: list[Setting]


class ExitCodeMeaning(msgspec.Struct, frozen=True, kw_only=True):
    code: int
    meaning: str


class ExitCodeTable(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.exit-codes/1"):
    codes: list[ExitCodeMeaning]
