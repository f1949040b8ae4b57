"""`metaads accounts`."""

from typing import Annotated

import typer

from metaads_cli.cli.invocation import Invocation, command_group, with_global_options
from metaads_cli.cli.meta import open_meta
from metaads_cli.errors import AccessDenied, SafetyRefusal

app = command_group("Ad accounts, pages and phone numbers of a tenant.")

TenantOption = Annotated[int, typer.Option("--tenant", metavar="N", help="The tenant.")]
AnyTenantOption = Annotated[int | None, typer.Option("--tenant", metavar="N", help="Only this tenant.")]
AccountOption = Annotated[str, typer.Option("--account", metavar="act_N", help="The ad account.")]
TokenOption = Annotated[
    str | None, typer.Option("--token-ref", metavar="REF", help="Where its token is kept: env:NAME or file:PATH.")
]
PageOption = Annotated[list[str] | None, typer.Option("--page-id", metavar="ID", help="A Facebook page of it.")]
InstagramOption = Annotated[list[str] | None, typer.Option("--instagram-id", metavar="ID", help="An Instagram id.")]
PhoneOption = Annotated[
    list[str] | None, typer.Option("--phone-number-id", metavar="ID", help="A WhatsApp phone-number id.")
]
WabaOption = Annotated[list[str] | None, typer.Option("--waba-id", metavar="ID", help="A WhatsApp business id.")]
CurrencyOption = Annotated[str | None, typer.Option("--currency", metavar="ISO", help="Such as ARS. Default: asked.")]
ZoneOption = Annotated[str | None, typer.Option("--timezone", metavar="ZONE", help="IANA name. Default: asked.")]
YesOption = Annotated[bool, typer.Option("--yes", metavar="", help="Do not ask.")]


@app.command()
@with_global_options()
def add(
    run: Invocation,
    tenant: TenantOption,
    account: AccountOption,
    token_ref: TokenOption = None,
    page_id: PageOption = None,
    instagram_id: InstagramOption = None,
    phone_number_id: PhoneOption = None,
    waba_id: WabaOption = None,
    currency: CurrencyOption = None,
    timezone: ZoneOption = None,
) -> None:
    """Add an ad account to a tenant, or add ids to one.

    The phone-number ids and page ids lead incoming messages to the tenant. A token itself is never stored: only where
    it is kept. Currency and time zone that are not given are asked from Meta.

    \b
    Examples:
      metaads accounts add --tenant 1 --account act_123 --token-ref env:TOKEN
      metaads accounts add --tenant 1 --account act_123 --phone-number-id 1055
    """
    from metaads_cli.models.account import Account, AccountList
    from metaads_cli.tasks import accounts as task

    loaded = run.load_settings()
    wanted = Account(
        tenant_id=tenant,
        account_id=task.normal_account_id(account),
        token_ref=task.normal_token_ref(token_ref) if token_ref else None,
        page_ids=tuple(page_id or ()),
        instagram_ids=tuple(instagram_id or ()),
        phone_number_ids=tuple(phone_number_id or ()),
        waba_ids=tuple(waba_id or ()),
        currency=task.normal_currency(currency) if currency else None,
        timezone_name=task.normal_timezone(timezone) if timezone else None,
    )
    with run.database(loaded) as database:
        session = database.tenant(tenant)

        async def work() -> Account:
            if wanted.currency and wanted.timezone_name:
                return await task.add_account(database, session, wanted, None)
            async with open_meta(run, loaded) as meta:
                return await task.add_account(database, session, wanted, meta)

        run.finish(AccountList(accounts=[run.complete(work())]))


@app.command("list")
@with_global_options()
def list_accounts(run: Invocation, tenant: AnyTenantOption = None) -> None:
    """List the ad accounts and what belongs to them."""
    from metaads_cli.db.queries.accounts import read_accounts
    from metaads_cli.models.account import AccountList

    with run.database(run.load_settings()) as database:
        sessions = database.sessions([tenant] if tenant is not None else None)
        run.finish(AccountList(accounts=[account for session in sessions for account in read_accounts(session)]))


@app.command()
@with_global_options()
def check(run: Invocation, tenant: AnyTenantOption = None) -> None:
    """Ask Meta about each account: access, status, scopes, token, currency and time zone."""
    from metaads_cli.models.account import CheckReport
    from metaads_cli.tasks import accounts as task

    loaded = run.load_settings()
    with run.database(loaded) as database:
        sessions = database.sessions([tenant] if tenant is not None else None)

        async def work() -> CheckReport:
            async with open_meta(run, loaded) as meta:
                return await task.check_accounts(sessions, meta)

        report = run.complete(work())
    run.finish(report)
    if report.errors:
        first = report.errors[0]
        raise AccessDenied(f"{first.subject}, {first.check}: {first.detail}", hint=first.fix)


@app.command()
@with_global_options()
def remove(run: Invocation, tenant: TenantOption, account: AccountOption, yes: YesOption = False) -> None:
    """Forget an ad account. What was loaded for it stays."""
    from metaads_cli.tasks import accounts as task

    account_id = task.normal_account_id(account)
    if not yes:
        run.confirm(
            f"Forget {account_id} of tenant {tenant}? Its messages will not find the tenant by their number any more.",
            SafetyRefusal(f"This forgets {account_id}", hint="Confirm it with --yes"),
        )
    with run.database(run.load_settings()) as database:
        task.forget_account(database.tenant(tenant), account_id)
    run.console.note(f"Forgot {account_id}.")
