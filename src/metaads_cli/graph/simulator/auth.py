"""Who calls: the token in a query, a form, a JSON body or a header, its proof, and what it may do (README 2.4, 3)."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.http import Request
from metaads_cli.graph.simulator.refusals import Refusal, known, missing, unknown_object
from metaads_cli.graph.simulator.world import SYSTEM_USER, Node, World

DEFAULT_SCOPES = (
    "ads_management", "ads_read", "business_management", "pages_show_list", "pages_read_engagement",
    "pages_manage_ads", "leads_retrieval", "whatsapp_business_management",
)  # fmt: skip


@dataclass(frozen=True)
class Grant:
    """What a token is good for. `accounts` are numbers without `act_`, None for all; `expires_at` in unix seconds,
    0 for never; `problem` is a subcode of error 190."""

    accounts: frozenset[str] | None = None
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    expires_at: int = 0
    problem: int | None = None

    def sees(self, node: Node) -> bool:
        number = node.values.get("owner") or node.values.get("account_id") or node.account
        return self.accounts is None or not number or number in self.accounts


@dataclass(frozen=True)
class Auth:
    """The app, and its tokens. Without `tokens`, any token is good that does not contain "invalid" or "expired"."""

    app_id: str = "1000000000000000"
    app_secret: str | None = field(default=None, repr=False)
    require_proof: bool = False
    tokens: Mapping[str, Grant] | None = field(default=None, repr=False)

    def grant(self, token: str, now: float) -> Grant:
        """What the token is good for now; a problem it has is in the grant."""
        if self.tokens is not None:
            grant = self.tokens.get(token, Grant(problem=467))
        else:
            named = {"expired": 463, "invalid": 467}
            grant = Grant(problem=next((subcode for word, subcode in named.items() if word in token), None))
        if grant.expires_at and grant.expires_at <= now:
            return Grant(grant.accounts, grant.scopes, grant.expires_at, 463)
        return grant

    def check(self, request: Request, now: float) -> Grant:
        """The caller's grant. Raises Refusal 104 without a token, 190 for a bad one, 100 for a wrong proof."""
        token = token_of(request)
        if not token:
            raise known(104, message="An access token is required to request this resource.")
        grant = self.grant(token, now)
        if grant.problem is not None:
            raise _bad_token(grant.problem)
        self._check_proof(request, token)
        return grant

    def _check_proof(self, request: Request, token: str) -> None:
        given = request.params.text("appsecret_proof")
        if self.app_secret is None or (given is None and not self.require_proof):
            return
        if given is None:
            raise known(100, message="API calls from the server require an appsecret_proof argument")
        expected = hmac.new(self.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given, expected):
            raise known(100, message="Invalid appsecret_proof provided in the API argument")


def token_of(request: Request) -> str:
    """From the parameters, else from the header `Authorization: Bearer` (or OAuth, as resumable uploads send it)."""
    named = request.params.text("access_token")
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return named or (bearer.strip() if scheme.lower() in {"bearer", "oauth"} else "")


def token_places(request: Request) -> list[str]:
    """Where a token came: a test holds a client to the header with it."""
    places = {
        "query": "access_token" in request.query,
        "body": "access_token" in request.body,
        "header": "authorization" in request.headers,
    }
    return [place for place, there in places.items() if there]


def _bad_token(subcode: int) -> Refusal:
    texts = {463: "Session has expired", 467: "The session is invalid", 460: "The user has changed the password"}
    text = f"Error validating access token: {texts.get(subcode, 'The token cannot be used')}."
    return known(190, subcode, message=text)


def check_access(grant: Grant, node: Node, method: str, *, by_account: bool) -> None:
    """Raises Refusal: objects of a foreign account are unknown, the account itself refused; 10, 200, 294 for scopes."""
    if not grant.sees(node):
        if not by_account:
            raise unknown_object(node.id, method)
        text = "(#200) Ad account owner has NOT grant ads_management or ads_read permission"
        raise known(200, message=text)
    if node.kind in {Kind.PAGE, Kind.USER}:
        return
    if node.kind is Kind.LEAD:
        if "leads_retrieval" not in grant.scopes:
            raise known(200, message="(#200) Requires leads_retrieval permission to manage the object")
        return
    if method != "GET" and "ads_management" not in grant.scopes:
        raise known(294)
    if not {"ads_read", "ads_management"} & set(grant.scopes):
        raise known(10)


def debug_token(auth: Auth, request: Request, world: World) -> dict[str, Any]:
    """`GET /debug_token?input_token=…`."""
    token = request.params.text("input_token")
    if not token:
        raise missing("input_token")
    now = world.now().timestamp()
    grant = auth.grant(token, now)
    data: dict[str, Any] = {
        "app_id": auth.app_id,
        "type": "SYSTEM_USER",
        "application": "metaads simulator",
        "data_access_expires_at": 0,
        "expires_at": grant.expires_at,
        "is_valid": grant.problem is None,
        "scopes": list(grant.scopes) if grant.problem is None else [],
        "user_id": SYSTEM_USER,
    }
    if grant.problem is not None:
        refusal = _bad_token(grant.problem)
        data["error"] = {"code": 190, "subcode": grant.problem, "message": refusal.message}
    return {"data": data}


def permissions(grant: Grant) -> dict[str, Any]:
    return {"data": [{"permission": scope, "status": "granted"} for scope in grant.scopes]}
