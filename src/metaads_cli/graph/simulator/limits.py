"""Rate limits: the score of app and account, business-use-case counters, the usage headers (README 2.1, 2.2)."""

import math
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from metaads_cli.graph.simulator.refusals import TOO_MANY_CALLS, Refusal, known


class Tier(StrEnum):
    DEVELOPMENT = "development"
    STANDARD = "standard"


class UseCase(StrEnum):
    """The business use case a call counts for."""

    MANAGEMENT = "ads_management"
    INSIGHTS = "ads_insights"
    LEADGEN = "leadgen"


@dataclass(frozen=True)
class Allowance:
    """What a tier may do. Calls per hour and account: a base, plus so many for each active ad."""

    access_tier: str
    score: int
    block: timedelta
    calls: Mapping[UseCase, int]


# 4800 for each lead of the last 24 hours; the simulator takes it that there was one.
LEAD_CALLS = 4800
ALLOWANCES = {
    Tier.DEVELOPMENT: Allowance(
        "development_access",
        60,
        timedelta(seconds=300),
        {UseCase.MANAGEMENT: 300, UseCase.INSIGHTS: 600, UseCase.LEADGEN: LEAD_CALLS},
    ),
    Tier.STANDARD: Allowance(
        "standard_access",
        9000,
        timedelta(seconds=60),
        {UseCase.MANAGEMENT: 100_000, UseCase.INSIGHTS: 190_000, UseCase.LEADGEN: LEAD_CALLS},
    ),
}
PER_ACTIVE_AD = {UseCase.MANAGEMENT: 40, UseCase.INSIGHTS: 400, UseCase.LEADGEN: 0}
REFUSALS: dict[UseCase, tuple[int, int | None]] = {
    UseCase.MANAGEMENT: (80004, 2446079),
    UseCase.INSIGHTS: (80000, 2446079),
    UseCase.LEADGEN: (80005, None),
}
DECAY_SECONDS = 300
READ_POINTS, WRITE_POINTS = 1, 3
MUTATIONS_PER_SECOND = 100
BUDGET_CHANGES_PER_HOUR = 4
SPEND_CAP_CHANGES_PER_DAY = 10
APP_CALLS_PER_USER_AND_HOUR = 200
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# "Continuing to make calls will increase the time before calls succeed."
LONGER_FOR_EACH_CALL = timedelta(seconds=5)


@dataclass
class _Usage:
    """One account's usage by this app."""

    score: float = 0
    scored_at: datetime | None = None
    blocked_until: datetime | None = None
    calls: dict[UseCase, Counter[int]] = field(default_factory=dict)
    mutations: deque[datetime] = field(default_factory=deque)


class Limits:
    """Counts every call; `tier` None counts and refuses nothing.

    `app_users`: the app as a whole may make 200 calls an hour for each. `ads_per_day`: how many ads an account may
    create in 24 hours; Meta derives it from the account's daily spending limit, None is no limit. They may be changed
    on the way.
    """

    def __init__(self, tier: Tier | None = Tier.STANDARD, *, app_users: int = 1000, ads_per_day: int | None = None):
        self.tier = tier
        self.app_users = app_users
        self.ads_per_day = ads_per_day
        self._accounts: dict[str, _Usage] = {}
        self._app_calls: Counter[int] = Counter()
        self._quotas: dict[tuple[str, str], deque[datetime]] = {}

    def reset(self) -> None:
        """Forget what was used."""
        self._accounts.clear()
        self._app_calls.clear()
        self._quotas.clear()

    def charge_app(self, now: datetime) -> None:
        """Count a call of the app, whatever it touches. Raises Refusal 4 when it is one too many."""
        if self.tier is None:
            return
        _count_minute(self._app_calls, now)
        if sum(self._app_calls.values()) > self._app_calls_per_hour:
            raise known(4)

    @property
    def _app_calls_per_hour(self) -> int:
        return APP_CALLS_PER_USER_AND_HOUR * self.app_users

    def charge(self, account: str, use_case: UseCase, now: datetime, *, write: bool, active_ads: int) -> None:
        """Count a call; the score is of ad accounts, not of the pages that leads are of.

        Raises Refusal 17/2446079, 613/5044001, 80004, 80000 or 80005 when it is one too many.
        """
        if self.tier is None:
            return
        usage = self._usage(account)
        _count_minute(usage.calls.setdefault(use_case, Counter()), now)
        if use_case is not UseCase.LEADGEN:
            self._charge_score(usage, now, WRITE_POINTS if write else READ_POINTS)
        if write:
            _charge_mutation(usage, account, now)
        if self._percent_of_calls(usage, use_case, now, active_ads) > 100:
            raise known(*REFUSALS[use_case], message=TOO_MANY_CALLS)

    def _charge_score(self, usage: _Usage, now: datetime, points: int) -> None:
        allowance = self._allowance
        self._decay(usage, now)
        if usage.blocked_until and now < usage.blocked_until:
            usage.blocked_until += LONGER_FOR_EACH_CALL
            raise _score_exceeded()
        usage.blocked_until = None
        if usage.score + points > allowance.score:
            usage.blocked_until = now + allowance.block
            raise _score_exceeded()
        usage.score += points

    def _decay(self, usage: _Usage, now: datetime) -> None:
        """A full score is gone after 300 seconds."""
        if usage.scored_at:
            gone = (now - usage.scored_at).total_seconds() * self._allowance.score / DECAY_SECONDS
            usage.score = max(0.0, usage.score - gone)
        usage.scored_at = now

    def charge_budget_change(self, ad_set_id: str, now: datetime) -> None:
        """An ad set's budget changes four times an hour. Raises Refusal 613/1487632."""
        self._charge_quota(("budget", ad_set_id), now, BUDGET_CHANGES_PER_HOUR, HOUR, known(613, 1487632))

    def charge_spend_cap_change(self, account: str, now: datetime) -> None:
        """An account's spending limit changes ten times a day. Raises Refusal 17/1885172."""
        self._charge_quota(("spend cap", account), now, SPEND_CAP_CHANGES_PER_DAY, DAY, known(17, 1885172))

    def charge_new_ad(self, account: str, now: datetime) -> None:
        """Raises Refusal 613/1487225 for an account that has its ads of the day."""
        if self.ads_per_day is not None:
            self._charge_quota(("ads", account), now, self.ads_per_day, DAY, known(613, 1487225))

    def _charge_quota(
        self, name: tuple[str, str], now: datetime, most: int, within: timedelta, refusal: Refusal
    ) -> None:
        used = self._quotas.setdefault(name, deque())
        if not _fits(used, now, most, within) and self.tier is not None:
            raise refusal
        used.append(now)

    @property
    def _allowance(self) -> Allowance:
        return ALLOWANCES[self.tier or Tier.STANDARD]

    def _usage(self, account: str) -> _Usage:
        return self._accounts.setdefault(account, _Usage())

    def _percent_of_calls(self, usage: _Usage, use_case: UseCase, now: datetime, active_ads: int) -> int:
        minute = int(now.timestamp()) // 60
        calls = sum(count for one, count in usage.calls.get(use_case, Counter()).items() if one > minute - 60)
        allowed = self._allowance.calls[use_case] + PER_ACTIVE_AD[use_case] * active_ads
        return math.ceil(100 * calls / allowed)

    def _percent_of_app_calls(self, now: datetime) -> int:
        minute = int(now.timestamp()) // 60
        calls = sum(count for one, count in self._app_calls.items() if one > minute - 60)
        return 100 * calls // max(1, self._app_calls_per_hour)

    def headers(self, account: str | None, use_case: UseCase, now: datetime, active_ads: int) -> dict[str, str]:
        """The usage headers of an answer; without an account only the app's own."""
        if self.tier is None:
            return {}
        app = self._percent_of_app_calls(now)
        headers = {"x-app-usage": _json({"call_count": app, "total_time": app, "total_cputime": app})}
        if account is None:
            return headers
        usage, tier = self._usage(account), self._allowance.access_tier
        blocked = _seconds_left(usage, now)
        percent = 100.0 if blocked else round(100 * usage.score / self._allowance.score, 2)
        if use_case is not UseCase.LEADGEN:
            account_usage = {"acc_id_util_pct": percent, "reset_time_duration": blocked, "ads_api_access_tier": tier}
            headers["x-ad-account-usage"] = _json(account_usage)
        headers["x-business-use-case-usage"] = _json({account: self._use_cases(usage, now, active_ads)})
        if use_case is UseCase.INSIGHTS:
            insights = {"app_id_util_pct": float(app), "acc_id_util_pct": percent, "ads_api_access_tier": tier}
            headers["x-fb-ads-insights-throttle"] = _json(insights)
        return headers

    def _use_cases(self, usage: _Usage, now: datetime, active_ads: int) -> list[dict[str, object]]:
        entries: list[dict[str, object]] = []
        for use_case in usage.calls:
            percent = self._percent_of_calls(usage, use_case, now, active_ads)
            # Until the oldest calls are an hour old.
            minutes = max(1, min(usage.calls[use_case]) + 60 - int(now.timestamp()) // 60)
            entries.append(
                {"type": use_case.value, "call_count": percent, "total_cputime": percent // 2,
                 "total_time": percent // 2, "estimated_time_to_regain_access": minutes if percent >= 100 else 0,
                 "ads_api_access_tier": self._allowance.access_tier}
            )  # fmt: skip
        return entries


def _count_minute(calls: Counter[int], now: datetime) -> None:
    """Count a call in its minute; minutes of an hour ago are forgotten."""
    minute = int(now.timestamp()) // 60
    if minute not in calls:
        for old in [one for one in calls if one <= minute - 60]:
            del calls[old]
    calls[minute] += 1


def _charge_mutation(usage: _Usage, account: str, now: datetime) -> None:
    """100 mutations a second for app and account (README 2.1, system 2)."""
    if not _fits(usage.mutations, now, MUTATIONS_PER_SECOND, timedelta(seconds=1)):
        text = f"Your ad account {account} has exceeded the maximum allowed rate of mutation requests."
        raise known(613, 5044001, message=text)
    usage.mutations.append(now)


def _fits(used: deque[datetime], now: datetime, most: int, within: timedelta) -> bool:
    """Whether one more is allowed; those of long ago are forgotten."""
    while used and used[0] <= now - within:
        used.popleft()
    return len(used) < most


def _score_exceeded() -> Refusal:
    return known(17, 2446079)


def _seconds_left(usage: _Usage, now: datetime) -> int:
    return max(0, math.ceil((usage.blocked_until - now).total_seconds())) if usage.blocked_until else 0


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
