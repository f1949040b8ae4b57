"""Insights by account: rows per object and day, read synchronously or by a report run, as much at once as Meta gives.

Source: "Insights API" of the Marketing API reference, its limits and best practices.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec

from metaads_cli.graph.client import GraphClient, Json
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure, classify
from metaads_cli.graph.paging import ASYNC_TOO_LARGE, DATA_PER_CALL, SMALLEST_PAGE, Page, PageSize, is_too_much, page_of
from metaads_cli.graph.usage import Usage
from metaads_cli.models.insight import Days, Insight, Level, RequestShape, Totals

FIRST_POLL, POLL_GROWTH, LONGEST_POLL = 0.5, 1.5, 15.0
STALLED_SECONDS = 600.0
SUBMISSIONS = 3
FEWEST_CAMPAIGNS = 1

_IDS = {
    Level.CAMPAIGN: ("campaign_id",),
    Level.AD_SET: ("campaign_id", "adset_id"),
    Level.AD: ("campaign_id", "adset_id", "ad_id"),
}
_METRICS = (
    "account_currency", "objective", "spend", "impressions", "clicks", "reach", "frequency", "unique_clicks", "ctr",
    "cpc", "actions", "action_values", "attribution_setting",
)  # fmt: skip
# Without this filter Meta lists neither archived nor deleted objects, though their figures are in their parents'.
_STATUSES = {
    Level.CAMPAIGN: ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES"),
    Level.AD_SET: (
        "ACTIVE", "PAUSED", "DELETED", "CAMPAIGN_PAUSED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES",
    ),
    Level.AD: (
        "ACTIVE", "PAUSED", "DELETED", "PENDING_REVIEW", "DISAPPROVED", "PREAPPROVED", "PENDING_BILLING_INFO",
        "CAMPAIGN_PAUSED", "ARCHIVED", "ADSET_PAUSED", "IN_PROCESS", "WITH_ISSUES",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Only:
    """Rows of these objects and of what belongs to them, instead of the whole account."""

    level: Level
    ids: tuple[str, ...]


@dataclass
class InsightsReader:
    """Reads one level of an account. `shape` is what Meta has proved to give; it only ever gets smaller."""

    client: GraphClient
    account_id: str
    level: Level
    shape: RequestShape

    async def pages(self, days: Days, only: Only | None) -> AsyncIterator[Page[Insight]]:
        """The pages of these days. Raises GraphFailure; `reduce` tells whether a smaller question may help."""
        params = self._params(days, only)
        path = f"{self.account_id}/insights"
        if self.shape.asynchronous:
            path, params = f"{await self._run_report(path, params)}/insights", {"fields": params["fields"]}
        size = PageSize(self.shape.page_size)
        async for page in self.client.pages(path, params, _read_page, size, account=self.account_id):
            self.shape = msgspec.structs.replace(self.shape, page_size=size.rows)
            yield self._checked(page, days)

    def reduce(self, failure: Failure, days: Days, campaigns: int) -> bool:
        """Ask for less after a failure that a smaller page did not help: fewer days, then a report run, then fewer of
        the account's `campaigns` at once. False when there is nothing left to try."""
        if not is_too_much(failure):
            return False
        smaller = _smaller(self.shape, failure, len(days), campaigns)
        if smaller is None:
            return False
        self.shape = smaller
        return True

    def _params(self, days: Days, only: Only | None) -> Json:
        filters: list[Json] = [
            {"field": f"{self.level}.effective_status", "operator": "IN", "value": list(_STATUSES[self.level])}
        ]
        if only is not None:
            filters.append({"field": f"{only.level}.id", "operator": "IN", "value": list(only.ids)})
        return {
            "level": str(self.level),
            "fields": ",".join((*_IDS[self.level], *_METRICS)),
            "time_range": {"since": str(days.since), "until": str(days.until)},
            "time_increment": "1",
            "filtering": filters,
        }

    def _checked(self, page: Page[Insight], days: Days) -> Page[Insight]:
        """Without rows that are of no object, or of other days than one of those asked for: they have no place."""
        kept, reasons = [], []
        for row in page.data:
            if not row.entity_id(self.level):
                reasons.append(f"campaign {row.campaign_id}, {row.date_start}: no {self.level} id")
            elif row.date_start != row.date_stop or row.date_start not in days:
                reasons.append(
                    f"campaign {row.campaign_id}: of {row.date_start} to {row.date_stop}, not of one day asked for"
                )
            else:
                kept.append(row)
        return Page(kept, page.paging, [*page.unreadable, *reasons]) if reasons else page

    async def _run_report(self, path: str, params: Json) -> str:
        """The id of a completed report run. One that fails for a reason that passes is started again."""
        failure = Failure(FailureClass.TRANSIENT, 200, message="the report run has no id")
        for _ in range(SUBMISSIONS):
            started = await self.client.start_report(path, params, account=self.account_id)
            run_id = started.get("report_run_id")
            outcome = await self._watch(str(run_id)) if run_id else failure
            if outcome is None:
                return str(run_id)
            failure = outcome
            if failure.failure_class is FailureClass.RATE_LIMIT:
                self.client.governor.refused(self.account_id, failure, Usage())
            elif failure.failure_class is not FailureClass.TRANSIENT:
                break
        raise GraphFailure(failure, f"report run of {path}")

    async def _watch(self, run_id: str) -> Failure | None:
        """Wait for a run. Its progress decides when to give it up, not a clock: a large one may take an hour."""
        clock = self.client.governor.clock
        pause, last, moved_at = FIRST_POLL, None, clock.now()
        while True:
            run = await self.client.get(run_id, {"fields": _RUN_FIELDS}, account=self.account_id)
            status, percent = run.get("async_status"), run.get("async_percent_completion")
            if status == "Job Completed" and percent == 100:
                return None
            if status == "Job Failed":
                return _failure_of(run)
            if status == "Job Skipped":
                return Failure(FailureClass.TRANSIENT, 200, message="the report run was skipped")
            if (status, percent) != last:
                last, moved_at = (status, percent), clock.now()
            elif clock.now() - moved_at > STALLED_SECONDS:
                return Failure(FailureClass.TRANSIENT, 200, message=f"the report run stands still ({status})")
            await clock.sleep(pause)
            pause = min(LONGEST_POLL, pause * POLL_GROWTH)


_RUN_FIELDS = "async_status,async_percent_completion,error_code,error_subcode,error_message"
_read_page = page_of(Insight)


def _failure_of(run: Json) -> Failure:
    """Why a run failed; before v25 Meta did not say, and then another run may do better."""
    code, subcode = run.get("error_code"), run.get("error_subcode")
    if not isinstance(code, int):
        return Failure(FailureClass.TRANSIENT, 200, message="the report run failed")
    subcode = subcode if isinstance(subcode, int) else None
    message = str(run.get("error_message") or "the report run failed")
    return Failure(classify(code, subcode, 200), 200, code, subcode, message)


def _smaller(shape: RequestShape, failure: Failure, days: int, campaigns: int) -> RequestShape | None:
    if days > 1:
        return msgspec.structs.replace(shape, days=days // 2)
    # A report run has no time limit and no small page; but it holds no more data than one call may.
    of_size = (failure.code, failure.subcode) in {DATA_PER_CALL, ASYNC_TOO_LARGE}
    if not shape.asynchronous and not of_size:
        return msgspec.structs.replace(shape, days=1, asynchronous=True)
    at_once = min(shape.campaigns or campaigns, campaigns)
    if at_once <= FEWEST_CAMPAIGNS:
        return None
    return msgspec.structs.replace(shape, days=1, campaigns=(at_once + 1) // 2)


async def read_totals(client: GraphClient, account_id: str, days: Days) -> dict[Any, Totals]:
    """What the account reports for each day, in all its objects together: {date: totals}. Raises GraphFailure.

    Days that are too much at once are asked for by halves.
    """
    try:
        return await _read_totals_at_once(client, account_id, days)
    except GraphFailure as error:
        if len(days) == 1 or not is_too_much(error.failure):
            raise
    return {
        day: totals
        for half in days.cut((len(days) + 1) // 2)
        for day, totals in (await read_totals(client, account_id, half)).items()
    }


async def _read_totals_at_once(client: GraphClient, account_id: str, days: Days) -> dict[Any, Totals]:
    params = {
        "level": "account",
        "fields": "spend,impressions,clicks",
        "time_range": {"since": str(days.since), "until": str(days.until)},
        "time_increment": "1",
    }
    found = {}
    size = PageSize(max(SMALLEST_PAGE, min(500, len(days))))
    async for page in client.pages(f"{account_id}/insights", params, _read_totals, size, account=account_id):
        found.update({row.date_start: row.totals() for row in page.data})
    return found


class _TotalsRow(Insight, frozen=True, kw_only=True):
    """A row of a whole account, which names no campaign."""

    campaign_id: str = ""
    account_currency: str = ""

    def totals(self) -> Totals:
        return Totals(self.spend or Totals().spend, int(self.impressions or 0), int(self.clicks or 0))


_read_totals = page_of(_TotalsRow)
