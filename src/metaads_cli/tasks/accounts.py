"""The ad accounts of a tenant: add, check, remove."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from metaads_cli.db.queries.accounts import read_accounts, remove_account, save_account
from metaads_cli.db.session import Database, TenantSession
from metaads_cli.errors import InputError, MetaAdsError, SafetyRefusal
from metaads_cli.graph.client import GraphClient, Json
from metaads_cli.graph.failures import GraphFailure, explain
from metaads_cli.models.account import Account, CheckReport, Finding
from metaads_cli.models.text import clean
from metaads_cli.settings import is_reference
from metaads_cli.tasks.meta import Meta

ACTIVE = 1
# AdAccount.account_status, as Meta's reference of the node lists it.
STATUSES = {
    1: "active", 2: "disabled", 3: "unsettled", 7: "pending risk review", 8: "pending settlement",
    9: "in grace period", 100: "pending closure", 101: "closed",
}  # fmt: skip
NEEDED_SCOPES = ("ads_read",)
WRITING_SCOPES = ("ads_management",)
EXPIRY_WARNING = timedelta(days=7)
ACCOUNT_FIELDS = "id,name,account_status,currency,timezone_name"


def normal_account_id(text: str) -> str:
    """`act_` and digits. Raises InputError for anything else."""
    digits = text.strip().removeprefix("act_")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 32:
        raise InputError(f"{text!r} is no ad account; expected act_ and its number, such as act_1234567890")
    return f"act_{digits}"


def normal_token_ref(text: str) -> str:
    """Raises SafetyRefusal for what is a token itself: it would be stored, and stand in the shell's history."""
    if not is_reference(text):
        raise SafetyRefusal(
            "--token-ref is not where a token is kept", hint="Write env:NAME or file:PATH, never the token itself"
        )
    return text


def normal_currency(text: str) -> str:
    if not (len(text) == 3 and text.isascii() and text.isalpha()):
        raise InputError(f"{text!r} is no currency; expected three letters such as ARS")
    return text.upper()


def normal_timezone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"{text!r} is no time zone; expected an IANA name such as America/Bogota") from None


async def add_account(database: Database, session: TenantSession, wanted: Account, meta: Meta | None) -> Account:
    """Keep the account, joined with what is known of it; currency and time zone that are not given come from Meta.

    `meta` is None when nothing is to be asked. Raises SafetyRefusal when one of its ids belongs to another tenant.
    """
    _refuse_ids_of_others(database, session, wanted)
    known = {account.account_id: account for account in read_accounts(session)}
    account = _joined(known.get(wanted.account_id), wanted)
    if meta is not None and not (account.currency and account.timezone_name):
        account = _with_facts(account, await account_facts(meta.client(account.token_ref), account.account_id))
    save_account(session, account)
    return account


def forget_account(session: TenantSession, account_id: str) -> None:
    if not remove_account(session, account_id):
        raise InputError(
            f"The tenant {session.tenant_id} has no account {account_id}",
            hint=f"metaads accounts list --tenant {session.tenant_id}",
        )


async def check_accounts(sessions: Sequence[TenantSession], meta: Meta) -> CheckReport:
    """Ask Meta for each account: token, scopes, status, currency, time zone; the last two are kept."""
    findings: list[Finding] = []
    for session in sessions:
        for account in read_accounts(session):
            findings += [finding async for finding in _check(session, account, meta)]
    return CheckReport(findings=findings)


async def _check(session: TenantSession, account: Account, meta: Meta) -> AsyncIterator[Finding]:
    try:
        client = meta.client(account.token_ref)
        facts = await account_facts(client, account.account_id)
        yield _status_finding(account.account_id, facts)
        renewed = _with_facts(account, facts)
        if renewed != account:
            save_account(session, renewed)
        yield _finding(account.account_id, "currency and time zone", "ok", _place(renewed))
        for finding in await check_token(client, account.account_id):
            yield finding
    except MetaAdsError as error:
        yield _finding(account.account_id, "access", "error", error.message, error.hint)


async def check_token(client: GraphClient, subject: str) -> list[Finding]:
    """The token's scopes and, where Meta tells, its end. Raises as `GraphClient.get`."""
    try:
        granted = await _granted(client)
        expires = await _expiry(client)
    except GraphFailure as error:
        raise explain(error) from error
    return [_scope_finding(subject, granted), _expiry_finding(subject, expires)]


async def account_facts(client: GraphClient, account_id: str) -> Json:
    """The account itself. Raises AccessDenied, RefusedByMeta or Temporary."""
    try:
        facts = await client.get(account_id, {"fields": ACCOUNT_FIELDS}, account=account_id)
    except GraphFailure as error:
        raise explain(error) from error
    return {key: clean(value) if isinstance(value, str) else value for key, value in facts.items()}


async def _granted(client: GraphClient) -> set[str]:
    document = await client.get("me/permissions")
    rows = [row for row in document.get("data") or [] if isinstance(row, dict)]
    return {str(row.get("permission")) for row in rows if row.get("status") == "granted"}


async def _expiry(client: GraphClient) -> datetime | None:
    """When the token ends; None where Meta does not say, or it does not end.

    The token to look at is a parameter of debug_token, so the call goes in the body of a batch, never in a URL.
    """
    (answer,) = await client.batch([("debug_token", {"input_token": client.credentials.token})])
    data: Any = (answer.document or {}).get("data")
    ends = data.get("expires_at") if isinstance(data, dict) else None
    return datetime.fromtimestamp(ends, UTC) if isinstance(ends, int) and ends > 0 else None


def _status_finding(subject: str, facts: Json) -> Finding:
    status = facts.get("account_status")
    name = STATUSES.get(status, f"status {status}") if isinstance(status, int) else "unknown"
    if status == ACTIVE:
        return _finding(subject, "account", "ok", f"{facts.get('name')}, {name}")
    return _finding(subject, "account", "error", name, "Settle it in Meta's billing section: it does not deliver")


def _scope_finding(subject: str, granted: set[str]) -> Finding:
    missing = [scope for scope in NEEDED_SCOPES if scope not in granted]
    if missing:
        return _finding(subject, "scopes", "error", f"missing {', '.join(missing)}", "Grant it and renew the token")
    writing = [scope for scope in WRITING_SCOPES if scope not in granted]
    if writing:
        return _finding(subject, "scopes", "warning", f"without {', '.join(writing)}: reading only", None)
    return _finding(subject, "scopes", "ok", ", ".join(sorted(granted)), None)


def _expiry_finding(subject: str, expires: datetime | None) -> Finding:
    if expires is None:
        return _finding(subject, "token", "ok", "no end is known")
    left = expires - datetime.now(UTC)
    detail = f"ends on {expires:%Y-%m-%d}, in {max(left.days, 0)} days"
    status = "warning" if left < EXPIRY_WARNING else "ok"
    return _finding(subject, "token", status, detail, "Renew it before that" if status == "warning" else None)


def _finding(subject: str, check: str, status: str, detail: str, fix: str | None = None) -> Finding:
    return Finding(subject=subject, check=check, status=status, detail=detail, fix=fix)


def _place(account: Account) -> str:
    return f"{account.currency or 'unknown'}, {account.timezone_name or 'unknown'}"


def _with_facts(account: Account, facts: Json) -> Account:
    """What was told by hand stays; what Meta says fills the rest."""
    return msgspec.structs.replace(
        account,
        name=account.name or facts.get("name"),
        currency=account.currency or facts.get("currency"),
        timezone_name=account.timezone_name or facts.get("timezone_name"),
    )


def _joined(known: Account | None, wanted: Account) -> Account:
    """The known account, with what is given now on top; ids are added to those that are there."""
    if known is None:
        return wanted
    changes: dict[str, Any] = {}
    for key, value in msgspec.structs.asdict(wanted).items():
        if isinstance(value, tuple):
            changes[key] = tuple(dict.fromkeys((*getattr(known, key), *value)))
        elif value is not None:
            changes[key] = value
    return msgspec.structs.replace(known, **changes)


def _refuse_ids_of_others(database: Database, session: TenantSession, wanted: Account) -> None:
    """A number or page leads to one tenant: a second one would divert its messages."""
    claimed = {*wanted.page_ids, *wanted.instagram_ids, *wanted.phone_number_ids, *wanted.waba_ids}
    for tenant_id in database.tenants.keys() - {session.tenant_id} if claimed else ():
        for account in read_accounts(database.tenant(tenant_id)):
            theirs = {*account.page_ids, *account.instagram_ids, *account.phone_number_ids, *account.waba_ids}
            if taken := sorted(claimed & theirs):
                raise SafetyRefusal(
                    f"The id {taken[0]} is registered for another tenant",
                    hint="Remove it there first: metaads accounts remove",
                )
