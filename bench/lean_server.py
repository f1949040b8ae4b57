"""A Graph API that computes every row from its position: any number of ads, no memory for them, little CPU.

It answers what reading insights takes: the account, its catalogue edges, `/insights` at all levels, batches of reads.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
Params = Mapping[str, str]

HIGHEST_LIMIT = 5000
PREFIXES = {"campaign": 120100000000000000, "adset": 120300000000000000, "ad": 120200000000000000}
EDGES = {"campaigns": "campaign", "adsets": "adset", "ads": "ad"}
STARTED = "2026-01-01T00:00:00+0000"


@dataclass(slots=True)
class Delivery:
    """What one object delivered on one day."""

    campaign_id: int
    adset_id: int
    ad_id: int
    day: str
    cents: int
    impressions: int
    clicks: int


def cents(level: str, index: int, day: date) -> int:
    """The spend of an object on a day."""
    return (index * 7919 + day.toordinal() * 104729 + len(level) * 17) % 100_000


# By field: how it is written, and the value.
METRICS: dict[str, tuple[str, Callable[[Delivery], object]]] = {
    "account_id": ('"%s"', lambda _: "1000000000000001"),
    "account_currency": ('"%s"', lambda _: "ARS"),
    "campaign_id": ('"%d"', lambda row: row.campaign_id),
    "campaign_name": ('"Campaign %d"', lambda row: row.campaign_id),
    "adset_id": ('"%d"', lambda row: row.adset_id),
    "adset_name": ('"Ad set %d"', lambda row: row.adset_id),
    "ad_id": ('"%d"', lambda row: row.ad_id),
    "ad_name": ('"Ad %d"', lambda row: row.ad_id),
    "spend": ('"%s"', lambda row: f"{row.cents // 100}.{row.cents % 100:02}"),
    "impressions": ('"%d"', lambda row: row.impressions),
    "clicks": ('"%d"', lambda row: row.clicks),
    "unique_clicks": ('"%d"', lambda row: row.clicks),
    "inline_link_clicks": ('"%d"', lambda row: row.clicks // 2),
    "reach": ('"%d"', lambda row: row.impressions * 4 // 5),
    "frequency": ('"%s"', lambda _: "1.25"),
    "ctr": ('"%.6f"', lambda row: 100 * row.clicks / row.impressions),
    "cpc": ('"%.6f"', lambda row: row.cents / 100 / row.clicks),
    "cpm": ('"%.6f"', lambda row: row.cents * 10 / row.impressions),
    "objective": ('"%s"', lambda _: "OUTCOME_ENGAGEMENT"),
    "attribution_setting": ('"%s"', lambda _: "7d_click_1d_view"),
    "actions": (
        '[{"action_type":"link_click","value":"%d"},{"action_type":"omni_purchase","value":"3","1d_click":"2"}]',
        lambda row: row.clicks // 2,
    ),
    "action_values": ('[{"action_type":"purchase","value":"%d.50"}]', lambda row: row.clicks),
    "date_start": ('"%s"', lambda row: row.day),
    "date_stop": ('"%s"', lambda row: row.day),
}
OF_LEVEL = {"campaign": {"adset_id", "adset_name", "ad_id", "ad_name"}, "adset": {"ad_id", "ad_name"}, "ad": set[str]()}


class LeanServer:
    """An ASGI application. Objects are positions: ad n is in ad set n // ads."""

    def __init__(self, account: str, campaigns: int, ad_sets: int, ads: int):
        self._account = account
        self._ads_of = {"ad": 1, "adset": ads, "campaign": ads * ad_sets}
        self._counts = {"campaign": campaigns, "adset": campaigns * ad_sets, "ad": campaigns * ad_sets * ads}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive()).get("more_body") or message.get("body"):
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        params = dict(parse_qsl(scope["query_string"].decode()) + parse_qsl(body.decode("utf-8", "replace")))
        status, answer = self._answer(scope["path"], params)
        headers = [(b"content-type", b"application/json; charset=UTF-8"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, path: str, params: Params) -> tuple[int, bytes]:
        if "batch" in params:
            return 200, self._batch(params["batch"])
        node, _, edge = re.sub(r"^/?v\d+\.\d+/?", "", path).strip("/").partition("/")
        try:
            if edge == "insights":
                return 200, self._insights(node, params)
            if edge in EDGES:
                return 200, self._catalogue(EDGES[edge], node, params)
            return 200, json.dumps(self._node(node, edge)).encode()
        except (KeyError, ValueError) as error:
            return 400, _error(f"{path}: {error!r} is beyond the lean server")

    def _batch(self, text: str) -> bytes:
        items = []
        for item in json.loads(text):
            url = urlsplit(item["relative_url"])
            status, body = self._answer(url.path, dict(parse_qsl(url.query)))
            items.append({"code": status, "headers": [], "body": body.decode()})
        return json.dumps(items).encode()

    def _node(self, node: str, edge: str) -> dict[str, Any]:
        if node.startswith("act_"):
            return {
                "id": f"act_{self._account}",
                "account_id": self._account,
                "name": "Bench",
                "account_status": 1,
                "currency": "ARS",
                "timezone_name": "Etc/UTC",
            }
        if node == "me" and edge == "permissions":
            return {"data": [{"permission": name, "status": "granted"} for name in ("ads_read", "ads_management")]}
        return self._object(*self._found(node))

    def _found(self, node: str) -> tuple[str, int]:
        """Level and position of an object. Raises KeyError for another id."""
        for level, prefix in PREFIXES.items():
            if 0 <= int(node) - prefix < self._counts[level]:
                return level, int(node) - prefix
        raise KeyError(node)

    def _ids(self, level: str, index: int) -> dict[str, int]:
        """The ids of the object and of what it is in."""
        first_ad = index * self._ads_of[level]
        return {one: PREFIXES[one] + first_ad // self._ads_of[one] for one in PREFIXES}

    def _object(self, level: str, index: int) -> dict[str, Any]:
        ids = {one: str(number) for one, number in self._ids(level, index).items()}
        state = {"status": "ACTIVE", "effective_status": "ACTIVE", "created_time": STARTED, "updated_time": STARTED}
        found = {"id": ids[level], "account_id": self._account, "name": f"{level} {index}"} | state
        if level == "campaign":
            return found | {"objective": "OUTCOME_ENGAGEMENT", "buying_type": "AUCTION", "start_time": STARTED}
        campaign = {"id": ids["campaign"], "name": "Campaign", "objective": "OUTCOME_ENGAGEMENT"} | state
        found |= {"campaign_id": ids["campaign"], "campaign": campaign}
        if level == "adset":
            return found | {"daily_budget": "100000", "optimization_goal": "CONVERSATIONS", "start_time": STARTED}
        ad_set = {"id": ids["adset"], "name": "Ad set"} | state
        return found | {"adset_id": ids["adset"], "adset": ad_set, "creative": {"id": f"1204{index:014}"}}

    def _catalogue(self, level: str, node: str, params: Params) -> bytes:
        if _changed_since(params):
            return b'{"data":[]}'
        first, stop = self._within(level, node)
        start, end, paging = _page(params, first, stop)
        rows = [self._object(level, index) for index in range(start, end)]
        return b'{"data":%s%s}' % (json.dumps(rows, separators=(",", ":")).encode(), paging)

    def _within(self, level: str, node: str) -> tuple[int, int]:
        """The positions of the objects of that level in the account, or in another object."""
        if node.startswith("act_"):
            return 0, self._counts[level]
        above, index = self._found(node)
        first, stop = (number * self._ads_of[above] // self._ads_of[level] for number in (index, index + 1))
        return first, max(stop, first + 1)

    def _insights(self, node: str, params: Params) -> bytes:
        level = params.get("level") or self._found(node)[0]
        since, until = _days(params)
        days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
        first, stop = self._within(level, node)
        start, end, paging = _page(params, first * len(days), stop * len(days))
        names = [name for name in _fields(params) if name in METRICS and name not in OF_LEVEL[level]]
        template = "{" + ",".join(f'"{name}":{METRICS[name][0]}' for name in names) + "}"
        values = [METRICS[name][1] for name in names]
        rows = []
        for position in range(start, end):
            row = self._delivery(level, position // len(days), days[position % len(days)])
            rows.append(template % tuple(value(row) for value in values))
        return b'{"data":[%s]%s}' % (",".join(rows).encode(), paging)

    def _delivery(self, level: str, index: int, day: date) -> Delivery:
        first_ad = index * self._ads_of[level]
        impressions = 1000 + (index * 31 + day.toordinal()) % 9000
        return Delivery(
            PREFIXES["campaign"] + first_ad // self._ads_of["campaign"],
            PREFIXES["adset"] + first_ad // self._ads_of["adset"],
            PREFIXES["ad"] + first_ad,
            day.isoformat(),
            cents(level, index, day),
            impressions,
            impressions // 50,
        )


def _fields(params: Params) -> list[str]:
    text = params.get("fields", "impressions,spend")
    names = json.loads(text) if text.startswith("[") else text.split(",")
    return list(dict.fromkeys([*names, "date_start", "date_stop"]))


def _days(params: Params) -> tuple[date, date]:
    """Both ends are included. Every row is one day: `time_increment=1` is taken for granted."""
    asked = json.loads(params.get("time_range") or params["time_ranges"])
    asked = asked[0] if isinstance(asked, list) else asked
    return date.fromisoformat(asked["since"]), date.fromisoformat(asked["until"])


def _page(params: Params, first: int, stop: int) -> tuple[int, int, bytes]:
    """The part of the positions asked for, and what to write of the paging."""
    start = int(params.get("after", first))
    end = min(start + min(int(params.get("limit", 25)), HIGHEST_LIMIT), stop)
    following = b',"next":"http://127.0.0.1/next"' if end < stop else b""
    return start, end, b',"paging":{"cursors":{"before":"%d","after":"%d"}%s}' % (start, end, following)


def _changed_since(params: Params) -> bool:
    """Whether only later changes are asked for than the only one there was."""
    since = params.get("updated_since")
    return since is not None and int(since) > datetime.fromisoformat(STARTED).astimezone(UTC).timestamp()


def _error(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "OAuthException", "code": 100}}).encode()
