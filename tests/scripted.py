"""A small server that answers as its script says, and writes down what it was asked: for tests of the Graph client."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

Answer = tuple[int, dict[str, str], bytes]


class Dropped(ConnectionError):
    """The connection broke."""


@dataclass(frozen=True)
class Asked:
    """One request as it reached the server."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class Server:
    """An ASGI application with one answer after the other; an exception in the script breaks the connection."""

    script: list[Answer | Exception | Callable[[Asked], Answer]]
    asked: list[Asked] = field(default_factory=list)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = (await receive()).get("body", b"")
        asked = Asked(
            scope["method"],
            scope["path"],
            scope["query_string"].decode(),
            {key.decode().lower(): value.decode() for key, value in scope["headers"]},
            {key: values[0] for key, values in parse_qs(body.decode(), keep_blank_values=True).items()},
        )
        self.asked.append(asked)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, headers, content = answer(asked) if callable(answer) else answer
        raw = [(key.encode(), value.encode()) for key, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": content})


def ok(document: Any, **headers: str) -> Answer:
    return 200, headers, json.dumps(document).encode()


def refused(
    code: int, subcode: int | None = None, status: int = 400, headers: dict[str, str] | None = None, **more: Any
) -> Answer:
    error = {"message": "m", "type": "OAuthException", "code": code, "fbtrace_id": "T"} | more
    if subcode:
        error["error_subcode"] = subcode
    return status, headers or {}, json.dumps({"error": error}).encode()


def page(ids: Iterable[int], after: str | None) -> Answer:
    paging: dict[str, Any] = {"cursors": {"before": "x", "after": after or "end"}}
    if after:
        paging["next"] = "https://graph.example/secret?access_token=leak"
    return ok({"data": [{"id": str(one)} for one in ids], "paging": paging})
