"""`POST /` with `batch=[…]`: up to 50 calls in one, answered in order (README 3)."""

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec

from metaads_cli.graph.simulator.http import Request, Response, json_response, parse_form
from metaads_cli.graph.simulator.refusals import Refusal, known, refused

Json = dict[str, Any]
# One item's call: its answer, or None when it timed out.
Answer = Callable[[Request], Response | None]

MOST_ITEMS = 50
_RESULT = re.compile(r"\{result=([\w-]+):\$\.([\w.*]+)\}")


class Batch:
    """The items of one batch call."""

    def __init__(self, request: Request, answer: Answer):
        self._request = request
        self._answer = answer
        self._values: dict[str, Any] = {}
        self._campaigns: set[str] = set()
        self._awaited: set[str] = set()
        self._with_headers = request.params.flag("include_headers") is not False

    def run(self) -> Response:
        """The answers as a list. Raises Refusal 100 when the batch itself is wrong."""
        items = self._request.params.json("batch")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise refused("batch", "batch parameter must be a JSON array")
        if len(items) > MOST_ITEMS:
            raise known(100, message=f"Too many requests in batch message. Maximum batch size is {MOST_ITEMS}")
        self._awaited = _awaited(items)
        return json_response([self._item(item) for item in items])

    def _item(self, item: Json) -> Json | None:
        try:
            inner = self._inner_request(item)
            self._refuse_second_ad_set(inner)
        except Refusal as refusal:
            return {"code": refusal.status, "headers": [], "body": _text(refusal.envelope("batch"))}
        response = self._answer(inner)
        if response is None:
            return None
        self._remember(item, response)
        if response.status == 200 and item.get("name") in self._awaited and item.get("omit_response_on_success", True):
            # An answer that only another item waits for is left out unless it is asked for.
            return None
        return self._shown(response)

    def _shown(self, response: Response) -> Json:
        headers = [{"name": name, "value": value} for name, value in response.headers.items()]
        answer: Json = {"code": response.status}
        if self._with_headers:
            answer["headers"] = headers
        return answer | {"body": response.body.decode()}

    def _inner_request(self, item: Json) -> Request:
        url = self._filled(str(item.get("relative_url", ""))).lstrip("/")
        path, _, query = url.partition("?")
        body = parse_form(self._filled(str(item.get("body") or "")))
        attached = [name for name in str(item.get("attached_files") or "").split(",") if name]
        return Request(
            method=str(item.get("method", "GET")).upper(),
            path=self._versioned(path),
            query=self._inherited() | parse_form(query),
            body=dict(body),
            headers=self._request.headers,
            files={name: self._request.files[name] for name in attached if name in self._request.files},
            base_url=self._request.base_url,
            in_batch=True,
        )

    def _inherited(self) -> dict[str, str]:
        named = ("access_token", "appsecret_proof")
        return {name: str(self._request.params[name]) for name in named if name in self._request.params}

    def _versioned(self, path: str) -> str:
        """An item without a version has the batch's."""
        version = self._request.path.strip("/")
        return f"/{path}" if re.match(r"v\d+\.\d+/", path) or not version else f"/{version}/{path}"

    def _filled(self, text: str) -> str:
        """Put `{result=name:$.id}` in, out of an earlier item's answer."""
        return _RESULT.sub(lambda found: self._result(found[1], found[2]), _plain(text))

    def _result(self, name: str, path: str) -> str:
        value = self._values.get(name)
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            raise known(100, message=f"Cannot reference the result of an operation that failed: {name}")
        return str(value)

    def _remember(self, item: Json, response: Response) -> None:
        if response.status == 200 and item.get("name"):
            try:
                self._values[item["name"]] = msgspec.json.decode(response.body)
            except msgspec.DecodeError:
                return

    def _refuse_second_ad_set(self, inner: Request) -> None:
        """ "Batch requests cannot include multiple Adsets under the same Campaign.\""""
        if inner.method != "POST" or not inner.path.rstrip("/").endswith("/adsets"):
            return
        campaign = str(inner.params.get("campaign_id"))
        if campaign in self._campaigns:
            raise known(100, message="Batch requests cannot include multiple Adsets under the same Campaign")
        self._campaigns.add(campaign)


def _awaited(items: list[Json]) -> set[str]:
    """The names of items whose results others use."""
    named = {found[1] for item in items for text in map(str, item.values()) for found in _RESULT.finditer(_plain(text))}
    return named | {str(item["depends_on"]) for item in items if item.get("depends_on")}


def _plain(text: str) -> str:
    """Placeholders come percent-encoded in URLs and bodies."""
    return text.replace("%7Bresult%3D", "{result=").replace("%3A%24.", ":$.").replace("%7D", "}")


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
