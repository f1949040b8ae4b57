"""`/_simulator/…`: faults, behaviour, time, webhooks, the log of requests, for clients that are not in this process."""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

import msgspec

from metaads_cli.graph.simulator.auth import token_places
from metaads_cli.graph.simulator.behaviour import Behaviour
from metaads_cli.graph.simulator.clicks import Channel
from metaads_cli.graph.simulator.faults import Faults, read_faults
from metaads_cli.graph.simulator.http import Request, Response, json_response
from metaads_cli.graph.simulator.limits import Limits, Tier
from metaads_cli.graph.simulator.refusals import Refusal
from metaads_cli.graph.simulator.reports import Outcome, Reports
from metaads_cli.graph.simulator.webhooks import line, webhooks
from metaads_cli.graph.simulator.world import World

PREFIX = "/_simulator/"
SECRETS = frozenset({"access_token", "appsecret_proof", "input_token", "client_secret"})
LOG_LENGTH = 10_000
MOST_WEBHOOKS = 100_000


class LoggedRequest(msgspec.Struct, frozen=True):
    """One HTTP request. `query` is without the values of secrets; `token_in` tells where the token was."""

    method: str
    path: str
    query: dict[str, str]
    token_in: list[str]
    batch_items: int
    status: int | None


class LimitSettings(msgspec.Struct, forbid_unknown_fields=True):
    """What of the limits can be changed on the way."""

    tier: Tier | None
    app_users: Annotated[int, msgspec.Meta(ge=0)]
    ads_per_day: Annotated[int, msgspec.Meta(ge=0)] | None


class RequestLog:
    """The last requests, the oldest first. `status` is None where the connection was dropped."""

    def __init__(self) -> None:
        self.entries: deque[LoggedRequest] = deque(maxlen=LOG_LENGTH)

    def note(self, request: Request, response: Response | None) -> None:
        items = request.params.get("batch")
        self.entries.append(
            LoggedRequest(
                method=request.method,
                path=request.path,
                query={name: "" if name in SECRETS else value for name, value in request.query.items()},
                token_in=token_places(request),
                batch_items=str(items).count("relative_url") if items else 0,
                status=response.status if response else None,
            )
        )


@dataclass(frozen=True)
class Parts:
    """What of a simulator can be seen and changed from outside; `key` signs webhooks."""

    world: World
    faults: Faults
    limits: Limits
    reports: Reports
    log: RequestLog
    behaviour: Behaviour
    key: str = field(repr=False)


class Control:
    """Answers the simulator's own paths. It tells no secrets, and asks for none."""

    def __init__(self, parts: Parts):
        self._world, self._faults, self._limits = parts.world, parts.faults, parts.limits
        self._reports, self._log, self._behaviour, self._key = parts.reports, parts.log, parts.behaviour, parts.key

    def answer(self, request: Request) -> Response:
        call = f"{request.method} {request.path.removeprefix(PREFIX).strip('/')}"
        actions = {
            "GET requests": self._requests,
            "POST faults": self._add_faults,
            "POST reset": self._reset,
            "POST clock": self._advance,
            "POST reports": self._script_reports,
            "GET limits": self._read_limits,
            "POST limits": self._change_limits,
            "GET behaviour": self._read_behaviour,
            "POST behaviour": self._change_behaviour,
            "PUT behaviour": self._set_behaviour,
            "GET webhooks": self._webhooks,
        }
        if call not in actions:
            return json_response({"error": f"unknown: {call}; known: {', '.join(actions)}"}, 404)
        try:
            answer = actions[call](request)
            return answer if isinstance(answer, Response) else json_response(answer)
        except (Refusal, msgspec.MsgspecError, ValueError, TypeError) as error:
            return json_response({"error": str(error)}, 400)

    def _requests(self, _request: Request) -> Any:
        return {"data": list(self._log.entries)}

    def _add_faults(self, request: Request) -> Any:
        """`{"faults": [{"effect": "drop_after", "method": "POST", "path": "/campaigns$"}]}`."""
        faults = read_faults(request.params.json("faults"))
        self._faults.add(*faults)
        return {"added": len(faults)}

    def _reset(self, _request: Request) -> Any:
        """Forget faults, limits and the log; objects stay."""
        self._faults.clear()
        self._limits.reset()
        self._reports.outcomes.clear()
        self._log.entries.clear()
        return {"success": True}

    def _advance(self, request: Request) -> Any:
        """`{"advance_seconds": 300}`."""
        self._world.clock.advance(timedelta(seconds=float(request.params.get("advance_seconds", 0))))
        return {"now": self._world.now().isoformat()}

    def _script_reports(self, request: Request) -> Any:
        """`{"outcomes": [{"status": "Job Failed", "code": 4, "subcode": 1504022}]}`, for the next jobs."""
        self._reports.outcomes += msgspec.convert(request.params.json("outcomes"), list[Outcome])
        return {"outcomes": len(self._reports.outcomes)}

    def _read_limits(self, _request: Request) -> Any:
        limits = self._limits
        return {"tier": limits.tier, "app_users": limits.app_users, "ads_per_day": limits.ads_per_day}

    def _change_limits(self, request: Request) -> Any:
        """`{"tier": "development", "app_users": 1, "ads_per_day": 5}`; a tier of null ends all limits."""
        values = self._read_limits(request) | request.params
        changed = msgspec.convert(values, LimitSettings, strict=False)
        self._limits.tier, self._limits.app_users = changed.tier, changed.app_users
        self._limits.ads_per_day = changed.ads_per_day
        return self._read_limits(request)

    def _read_behaviour(self, _request: Request) -> Any:
        return self._behaviour.document()

    def _change_behaviour(self, request: Request) -> Any:
        """`{"latency_ms": 50}`: what is not named stays."""
        self._behaviour.change(request.params)
        return self._behaviour.document()

    def _set_behaviour(self, request: Request) -> Any:
        """The same, but what is not named is as in the beginning of a simulator without options."""
        self._behaviour.change({**Behaviour().document(), **request.params})
        return self._behaviour.document()

    def _webhooks(self, request: Request) -> Response:
        """`?channel=whatsapp&count=100`: lines of JSON, each a body; with `signed=true`, each
        `{"headers": {…}, "body": "…"}`. `account` names the only account whose ads are clicked."""
        params = request.params
        channel, account = Channel(params.text("channel") or Channel.WHATSAPP), params.text("account")
        count, signed = params.whole("count"), bool(params.flag("signed"))
        if count is not None and not 0 <= count <= MOST_WEBHOOKS:
            raise ValueError(f"count is {count}; expected 0 to {MOST_WEBHOOKS}")
        if account:
            account = account.removeprefix("act_")
            self._world.find(f"act_{account}")
        found = webhooks(self._world, channel, 100 if count is None else count, account=account)
        now = self._world.now()
        lines = [f"{line(one, signed=signed, key=self._key, sent_at=now)}\n" for one in found]
        return Response(200, "".join(lines).encode(), {"content-type": "application/x-ndjson; charset=utf-8"})
