"""The one Graph client. What is above it does not know whether Meta or the simulator answers.

The token travels in the Authorization header only. Reads are tried again as long as it makes sense; a write is sent
again only when the answer proves that it took no effect. Pages are turned by cursor: `paging.next` holds the token.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar
from urllib.parse import urlencode

import httpx

from metaads_cli.graph.failures import (
    TIMED_OUT,
    Failure,
    FailureClass,
    GraphFailure,
    UnexpectedShape,
    UnknownOutcome,
    read_answer,
    read_document,
)
from metaads_cli.graph.governor import Clock, Governor, RealClock
from metaads_cli.graph.paging import Page, PageSize, Row, worthwhile_retries
from metaads_cli.graph.usage import read_usage
from metaads_cli.redact import remember_secret

BATCH_SIZE = 50
CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS, UPLOAD_SECONDS = 10.0, 60.0, 120.0, 1800.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
# Meta takes files at a host of their own (the official SDK's); any other base URL takes them itself.
META_HOST, META_FILE_HOST = "graph.facebook.com", "graph-video.facebook.com"
_LOST = (httpx.TransportError, ConnectionError, TimeoutError)

Json = dict[str, Any]
Params = Mapping[str, Any]
Files = Mapping[str, tuple[str, IO[bytes]]]
"""Parameter → file name and content."""
T = TypeVar("T")
Decode = Callable[[bytes], T]
Retries = Callable[[Failure], int]


@dataclass(frozen=True)
class Credentials:
    """An access token and, where the app enforces it, the secret that signs it."""

    token: str = field(repr=False)
    app_secret: str | None = field(default=None, repr=False)

    @property
    def proof(self) -> str | None:
        """appsecret_proof: HMAC-SHA256 of the token under the app's secret."""
        if self.app_secret is None:
            return None
        return hmac.new(self.app_secret.encode(), self.token.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class BatchItem:
    """The answer to one request of a batch: a document, or a failure."""

    document: Json | None
    failure: Failure | None


@dataclass
class GraphClient:
    """Calls for one token. `account` in every call is whose limit it uses, an ad account or a page; or None."""

    http: httpx.AsyncClient
    version: str
    credentials: Credentials
    governor: Governor = field(default_factory=Governor)
    max_retries: int = 3
    clock: Clock = field(default_factory=RealClock)
    calls: int = 0
    """HTTP requests sent so far."""

    def __post_init__(self) -> None:
        remember_secret(self.credentials.token)
        if self.credentials.app_secret:
            remember_secret(self.credentials.app_secret)

    async def get(self, path: str, params: Params | None = None, *, account: str | None = None) -> Json:
        """Read. Raises GraphFailure when Meta's answer stays an error, RateLimited beyond the budget."""
        return await self._reading("GET", path, params or {}, account, read_document)

    async def read(
        self, path: str, params: Params, decode: Decode[T], *, account: str | None, retries: Retries | None = None
    ) -> T:
        """Read a typed answer: `decode` takes the body, and raises ValueError when it is none of its kind.

        `retries` tells how often a failure is worth another try, where that is less than the settings allow.
        Raises as `get`.
        """
        return await self._reading("GET", path, params, account, decode, retries)

    async def start_report(self, path: str, params: Params, *, account: str | None) -> Json:
        """POST that changes nothing at Meta but starts a report: it may be repeated. Raises as `get`."""
        return await self._reading("POST", path, params, account, read_document)

    async def post_repeatable(self, path: str, params: Params, *, account: str | None) -> Json:
        """POST whose effect is the same however often it is sent, such as of an image's bytes. Raises as `get`."""
        return await self._reading("POST", path, params, account, read_document)

    async def post(self, path: str, params: Params, *, account: str | None = None, files: Files | None = None) -> Json:
        """Write. Raises GraphFailure when Meta refused it, UnknownOutcome when nobody knows."""
        return await self._writing("POST", path, params, account, files)

    async def delete(self, path: str, *, account: str | None = None) -> Json:
        return await self._writing("DELETE", path, {}, account)

    async def pages(
        self,
        path: str,
        params: Params,
        read_page: Decode[Page[Row]],
        size: PageSize,
        *,
        account: str | None = None,
    ) -> AsyncIterator[Page[Row]]:
        """The pages of an edge, to the one without `next`; `size` shrinks where Meta finds a page too large.

        Raises GraphFailure as `get`, and for a cursor that comes twice or not at all.
        """
        after: str | None = None
        seen: set[str] = set()
        while True:
            page = await self._page(path, params, after, read_page, size, account)
            yield page
            try:
                after = page.cursor
            except UnexpectedShape as odd:
                raise GraphFailure(Failure(FailureClass.TRANSIENT, 200, message=str(odd)), f"GET {path}") from None
            if after is None:
                return
            if after in seen:
                failure = Failure(FailureClass.TRANSIENT, 200, message="the same page again and again")
                raise GraphFailure(failure, f"GET {path}")
            seen.add(after)

    async def _page(
        self,
        path: str,
        params: Params,
        after: str | None,
        read_page: Decode[Page[Row]],
        size: PageSize,
        account: str | None,
    ) -> Page[Row]:
        while True:
            asked = {**params, "limit": size.rows, "after": after}
            try:
                return await self.read(path, asked, read_page, account=account, retries=worthwhile_retries)
            except GraphFailure as error:
                if not size.give_way(error.failure):
                    raise

    async def batch(self, requests: Sequence[tuple[str, Params]], *, account: str | None = None) -> list[BatchItem]:
        """Answers to many reads, in order, fifty a call. What timed out or hit a limit is asked for again."""
        answers: dict[int, BatchItem] = {}
        left = list(range(len(requests)))
        for _ in range(self.max_retries + 1):
            refused: list[int] = []
            for start in range(0, len(left), BATCH_SIZE):
                part = left[start : start + BATCH_SIZE]
                items = await self._batch_call([requests[index] for index in part], account)
                answers.update(zip(part, items, strict=True))
                refused += [index for index in part if _worth_another_try(answers[index])]
            left = refused
            if not left:
                break
        return [answers[index] for index in range(len(requests))]

    async def _batch_call(self, requests: Sequence[tuple[str, Params]], account: str | None) -> list[BatchItem]:
        urls = [f"{path}?{urlencode(_encoded(params))}" for path, params in requests]
        batch = [{"method": "GET", "relative_url": url} for url in urls]
        items = await self._reading("POST", "", {"batch": batch, "include_headers": True}, account, _read_list)
        if len(items) != len(requests):
            failure = Failure(FailureClass.TRANSIENT, 200, message="a batch answer with other items than asked for")
            raise GraphFailure(failure, "POST batch")
        return [self._batch_item(item, account) for item in items]

    def _batch_item(self, item: Any, account: str | None) -> BatchItem:
        if not isinstance(item, dict):  # null: it timed out inside
            return BatchItem(None, Failure(FailureClass.TRANSIENT, 504, message="no answer within the batch"))
        named = [header for header in item.get("headers") or [] if isinstance(header, dict)]
        usage = read_usage({str(header.get("name")): str(header.get("value")) for header in named})
        body = str(item.get("body") or "").encode()
        read = read_answer(int(item.get("code") or 502), body, read_document)
        if not isinstance(read, Failure):
            self.governor.observe(account, usage)
            return BatchItem(read, None)
        if read.failure_class is FailureClass.RATE_LIMIT:
            self.governor.refused(account, read, usage)
        return BatchItem(None, read)

    async def _reading(
        self,
        method: str,
        path: str,
        params: Params,
        account: str | None,
        decode: Decode[T],
        retries: Retries | None = None,
    ) -> T:
        """Send until there is an answer: limits wait within the governor's budget, what passes has a few tries."""
        tries = 0
        while True:
            answer = await self._attempt(method, path, params, account, decode)
            if not isinstance(answer, Failure):
                return answer
            allowed = min(self.max_retries, retries(answer)) if retries else self.max_retries
            if answer.failure_class is FailureClass.TRANSIENT and tries < allowed:
                tries += 1
                await self.clock.sleep(self._pause(tries))
            elif answer.failure_class is not FailureClass.RATE_LIMIT:
                raise GraphFailure(answer, f"{method} {path or 'batch'}")

    async def _writing(
        self, method: str, path: str, params: Params, account: str | None, files: Files | None = None
    ) -> Json:
        """Send once; again only after a limit, whose answer proves that nothing was done."""
        while True:
            try:
                answer = await self._send(method, path, params, account, read_document, files)
            except _LOST as lost:
                raise UnknownOutcome(f"{method} {path}: {_described(lost)}") from lost
            if not isinstance(answer, Failure):
                return answer
            if answer.failure_class is FailureClass.TRANSIENT:
                raise UnknownOutcome(f"{method} {path}: {answer}")
            if answer.failure_class is not FailureClass.RATE_LIMIT:
                raise GraphFailure(answer, f"{method} {path}")

    async def _attempt(
        self, method: str, path: str, params: Params, account: str | None, decode: Decode[T]
    ) -> T | Failure:
        try:
            return await self._send(method, path, params, account, decode)
        except (TimeoutError, httpx.TimeoutException) as late:
            return Failure(FailureClass.TRANSIENT, TIMED_OUT, message=_described(late))
        except _LOST as lost:
            return Failure(FailureClass.TRANSIENT, 503, message=_described(lost))

    async def _send(
        self,
        method: str,
        path: str,
        params: Params,
        account: str | None,
        decode: Decode[T],
        files: Files | None = None,
    ) -> T | Failure:
        await self.governor.admit(account)
        self.calls += 1
        async with asyncio.timeout(UPLOAD_SECONDS if files else WHOLE_SECONDS):
            answer = await self.http.send(self._request(method, path, params, files))
        usage = read_usage(answer.headers)
        read = read_answer(answer.status_code, answer.content, decode, answer.headers.get("x-fb-trace-id"))
        if not isinstance(read, Failure):
            self.governor.observe(account, usage)
        elif read.failure_class is FailureClass.RATE_LIMIT:
            self.governor.refused(account, read, usage)
        return read

    def _request(self, method: str, path: str, params: Params, files: Files | None = None) -> httpx.Request:
        encoded = _encoded(params)
        if proof := self.credentials.proof:
            encoded["appsecret_proof"] = proof
        headers = {"Authorization": f"Bearer {self.credentials.token}"}
        url = f"/{self.version}/{path}"
        if files and self.http.base_url.host == META_HOST:
            url = f"https://{META_FILE_HOST}{url}"
        if method == "POST":
            return self.http.build_request(method, url, data=encoded, files=files, headers=headers)
        return self.http.build_request(method, url, params=encoded, headers=headers)

    def _pause(self, tries: int) -> float:
        """Exponential with full jitter and a cap."""
        return self.governor.jitter(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries))


def _encoded(params: Params) -> dict[str, str]:
    """As Meta reads parameters: text as it is, everything else as compact JSON."""
    return {
        key: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for key, value in params.items()
        if value is not None
    }


def _read_list(body: bytes) -> list[Any]:
    items = json.loads(body)
    if not isinstance(items, list):
        raise UnexpectedShape("the answer to a batch is no list")
    return items


def _worth_another_try(item: BatchItem) -> bool:
    again = {FailureClass.TRANSIENT, FailureClass.RATE_LIMIT}
    return item.failure is not None and item.failure.failure_class in again


def _described(error: BaseException) -> str:
    return str(error) or type(error).__name__


@asynccontextmanager
async def http_client(
    base_url: str, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Connections to the API, or to whatever the transport leads to. Environment proxies are honoured."""
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    async with httpx.AsyncClient(base_url=base_url, transport=transport, timeout=timeout) as client:
        yield client
