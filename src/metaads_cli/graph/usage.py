"""The usage headers: how much of a limit is used, and when access comes back.

All four are JSON in a header; they may be missing, malformed, or name several accounts. What cannot be read is passed
over: a header is a hint.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Usage:
    """The highest figures of one answer. Percentages; seconds until access returns, 0 when it is not taken away."""

    account_percent: float = 0.0
    app_percent: float = 0.0
    regain_seconds: float = 0.0


def read_usage(headers: Mapping[str, str]) -> Usage:
    """From the headers of an answer, or of one item of a batch."""
    lower = {name.lower(): value for name, value in headers.items()}
    account = _json(lower.get("x-ad-account-usage"))
    insights = _json(lower.get("x-fb-ads-insights-throttle"))
    business = list(_business_entries(_json(lower.get("x-business-use-case-usage"))))
    app = _json(lower.get("x-app-usage"))
    return Usage(
        account_percent=_highest(
            _number(account.get("acc_id_util_pct")),
            _number(insights.get("acc_id_util_pct")),
            *(_number(entry.get(key)) for entry in business for key in ("call_count", "total_cputime", "total_time")),
        ),
        app_percent=_highest(
            _number(insights.get("app_id_util_pct")),
            *(_number(app.get(key)) for key in ("call_count", "total_time", "total_cputime")),
        ),
        regain_seconds=_highest(
            # minutes here …
            *(60 * _number(entry.get("estimated_time_to_regain_access")) for entry in business),
            # … and seconds there, where it tells when the window ends, blocked or not
            _number(account.get("reset_time_duration")) if _number(account.get("acc_id_util_pct")) >= 100 else 0.0,
            _number(lower.get("retry-after")),
        ),
    )


def _business_entries(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entries in document.values():
        yield from (entry for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else ()


def _json(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return 0.0
    return found if 0 <= found < 1e9 else 0.0


def _highest(*values: float) -> float:
    return max(values, default=0.0)
