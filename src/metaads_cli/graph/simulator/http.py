"""HTTP as the Graph API speaks it: parameters out of query, form, multipart or JSON; compact JSON out."""

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from metaads_cli.graph.simulator.params import Params

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_DISPOSITION = re.compile(rb'(?i)content-disposition:[^\r\n]*?\bname="([^"]*)"(?:[^\r\n]*?\bfilename="([^"]*)")?')


@dataclass(frozen=True, slots=True)
class Upload:
    filename: str
    content: bytes


@dataclass(slots=True)
class Request:
    """One call. `params` are those of the query and of the body together; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)
    base_url: str = "https://graph.facebook.com"
    in_batch: bool = False
    # What a fault asks of a listing: "empty_page" or "stuck_cursor".
    quirk: str | None = None
    params: Params = field(init=False)

    def __post_init__(self) -> None:
        self.params = Params({**self.query, **self.body})
        if self.method == "POST" and str(self.params.get("method", "")).upper() in {"GET", "DELETE"}:
            # Graph lets a POST stand for another verb, so that long parameters need not go into the URL.
            self.method = str(self.params.pop("method")).upper()


@dataclass(slots=True)
class Response:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def value(self) -> Any:
        return msgspec.json.decode(self.body)


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Compact JSON with non-ASCII escaped nowhere; ids and numbers go out as they are."""
    return Response(
        status, msgspec.json.encode(value), {"content-type": "application/json; charset=UTF-8"} | {**(headers or {})}
    )


def html_response(status: int, text: str) -> Response:
    """What a proxy in front of the API answers when it has no JSON (README 2.3)."""
    page = f"<!DOCTYPE html><html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>"
    return Response(status, page.encode(), {"content-type": "text/html; charset=utf-8"})


async def read_request(scope: Message, receive: Receive) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    raw = await _read_body(receive)
    body, files = parse_body(headers.get("content-type", ""), raw)
    host = headers.get("host", "graph.facebook.com")
    return Request(
        method=scope["method"].upper(),
        path=scope["path"],
        query=parse_form(scope.get("query_string", b"")),
        body=body,
        headers=headers,
        files=files,
        base_url=f"{scope.get('scheme', 'http')}://{host}",
    )


async def _read_body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def send_response(response: Response, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def parse_body(content_type: str, raw: bytes) -> tuple[dict[str, Any], dict[str, Upload]]:
    """The parameters and the files of a body; an unreadable one has none, as Meta treats it."""
    if content_type.startswith("application/json"):
        value = _json_object(raw)
        return value, {}
    if content_type.startswith("multipart/form-data"):
        boundary = re.search(r'boundary="?([^";]+)', content_type)
        return _parse_multipart(raw, boundary[1].encode()) if boundary else ({}, {})
    return dict(parse_form(raw)), {}


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def parse_form(raw: bytes | str) -> dict[str, str]:
    """`a=1&b=2`; of a repeated name the last value counts."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return dict(parse_qsl(text, keep_blank_values=True, errors="replace"))


def _parse_multipart(raw: bytes, boundary: bytes) -> tuple[dict[str, Any], dict[str, Upload]]:
    values: dict[str, Any] = {}
    files: dict[str, Upload] = {}
    for part in raw.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        found = _DISPOSITION.search(head)
        if not found:
            continue
        name = found[1].decode("utf-8", "replace")
        if found[2] is None:
            values[name] = content.decode("utf-8", "replace")
        else:
            files[name] = Upload(found[2].decode("utf-8", "replace"), content)
    return values, files
