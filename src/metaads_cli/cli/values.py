"""Values of options that need more than a type: durations, days, dates."""

import re
from datetime import date
from typing import TYPE_CHECKING

from metaads_cli.errors import UsageError

if TYPE_CHECKING:
    from metaads_cli.models.insight import Level
    from metaads_cli.tasks.stats import Days

_UNITS = {"s": 1, "m": 60, "h": 3600}


def duration_seconds(text: str) -> float:
    """`90`, `90s`, `5m`, `1h` in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if not match:
        raise UsageError(f"{text!r} is no duration; expected a number with s, m or h, such as 90s or 5m")
    return float(match[1]) * _UNITS[match[2] or "s"]


def number_of_days(text: str) -> int:
    """`30d` or `4w` in days."""
    match = re.fullmatch(r"(\d{1,4})([dw])", text.strip())
    if not match or int(match[1]) == 0:
        raise UsageError(f"--last is {text!r}; expected a number of days or weeks, such as 30d or 4w")
    return int(match[1]) * (7 if match[2] == "w" else 1)


def day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{option} is {text!r}; expected a day such as 2026-11-21") from None


def days_of(since: str | None, until: str | None, last: str | None, preset: str | None) -> "Days":
    """What --since, --until, --last and --preset ask for."""
    from metaads_cli.tasks.stats import Days

    return Days(
        since=day(since, "--since") if since is not None else None,
        until=day(until, "--until") if until is not None else None,
        last=number_of_days(last) if last is not None else None,
        preset=preset,
    )


def level_of(text: str, option: str) -> "Level":
    from metaads_cli.models.insight import Level

    name = text.strip().lower()
    if name not in set(Level):
        raise UsageError(f"{option} is {text!r}; expected campaign, adset or ad")
    return Level(name)
