"""Doctor: what stands between a tenant and its figures, one line each, with the fix."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime

from metaads_cli.db.queries.accounts import read_accounts
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import MetaAdsError
from metaads_cli.graph.failures import GraphFailure
from metaads_cli.models.account import Account, CheckReport, Finding
from metaads_cli.tasks.accounts import check_accounts
from metaads_cli.tasks.meta import Meta

# When the Marketing API of each version ended: Meta's version tables, as of 2026-10. None: not announced.
VERSION_ENDS: dict[str, date | None] = {
    "v23.0": date(2026, 6, 9),
    "v24.0": date(2026, 10, 6),
    "v25.0": None,
    "v26.0": None,
}


async def examine(sessions: Sequence[TenantSession], meta: Meta) -> CheckReport:
    """The API's version, then each tenant's accounts and pages."""
    findings = [version_finding(meta.settings.api_version, datetime.now(UTC).date())]
    findings += [_no_account(session) for session in sessions if not read_accounts(session)]
    findings += (await check_accounts(sessions, meta)).findings
    for session in sessions:
        for account in read_accounts(session):
            findings += [finding async for finding in _pages(account, meta)]
    return CheckReport(findings=findings)


def version_finding(version: str, today: date) -> Finding:
    """Whether the configured version still answers for ads."""
    if version not in VERSION_ENDS:
        detail = "its end is not known to this release of metaads"
        return Finding(subject=version, check="API version", status="warning", detail=detail)
    ends = VERSION_ENDS[version]
    if ends is not None and ends <= today:
        newest = max(VERSION_ENDS)
        fix = f'Set META_GRAPH_API_VERSION={newest}, or api_version = "{newest}" under [graph]'
        return Finding(subject=version, check="API version", status="error", detail=f"ended on {ends}", fix=fix)
    detail = f"ends on {ends}" if ends else "current, no end is announced"
    return Finding(subject=version, check="API version", status="ok", detail=detail)


def _no_account(session: TenantSession) -> Finding:
    return Finding(
        subject=f"tenant {session.tenant_id}",
        check="accounts",
        status="warning",
        detail="no ad account",
        fix=f"metaads accounts add --tenant {session.tenant_id} --account act_… --token-ref env:NAME",
    )


async def _pages(account: Account, meta: Meta) -> AsyncIterator[Finding]:
    for page_id in account.page_ids:
        try:
            page = await meta.client(account.token_ref).get(page_id, {"fields": "id,name"})
            detail = f"{page.get('name') or page_id}"
            yield Finding(subject=account.account_id, check=f"page {page_id}", status="ok", detail=detail)
        except GraphFailure as error:
            fix = "Link the page to the account's business, and give the token's owner a role on it"
            detail = str(error.failure)
            yield Finding(subject=account.account_id, check=f"page {page_id}", status="error", detail=detail, fix=fix)
        except MetaAdsError as error:
            detail, fix = error.message, error.hint or ""
            yield Finding(subject=account.account_id, check=f"page {page_id}", status="error", detail=detail, fix=fix)
