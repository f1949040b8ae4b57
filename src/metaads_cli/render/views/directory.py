"""What there is: tenants, accounts, settings, the embedded database, exit codes."""

from metaads_cli.models import reports
from metaads_cli.models.account import AccountList, CheckReport
from metaads_cli.models.tenant import TenantList
from metaads_cli.render.table import Column, Table
from metaads_cli.render.views.parts import Items, Views, listing, record


def _tenants(result: TenantList) -> Table:
    columns = (
        Column("tenant_id", "Tenant", "count"),
        Column("name", "Name"),
        Column("bot_phone_number", "Receives on"),
        Column("timezone", "Time zone"),
    )
    return listing(result.tenants, columns, empty="There is no tenant in this database.")


def _embedded(result: reports.EmbeddedStatus) -> Table:
    facts = (Column("running", "Running"), Column("data_directory", "Data"), Column("url", "URL"))
    return record(result, *((column, "") for column in facts))


def _settings(result: reports.SettingsReport) -> Table:
    columns = (Column("key", "Setting"), Column("value", "Value"), Column("origin", "Origin"))
    return listing(result.settings, columns, optional=frozenset({"origin"}))


def _accounts(result: AccountList) -> Table:
    columns = (
        Column("tenant_id", "Tenant", "count"),
        Column("account_id", "Account", "id"),
        Column("name", "Name"),
        Column("currency", "Currency"),
        Column("timezone_name", "Time zone"),
        Column("token_ref", "Token"),
        Column("page_ids", "Pages"),
        Column("instagram_ids", "Instagram"),
        Column("phone_number_ids", "Phone-number ids"),
        Column("waba_ids", "WhatsApp business"),
    )
    rows = [
        [
            " ".join(value) or None if isinstance(value, tuple) else value
            for value in (getattr(account, column.key) for column in columns)
        ]
        for account in result.accounts
    ]
    optional = frozenset(column.key for column in columns[2:])
    return Table(columns, rows, optional=optional, empty="No ad account yet: metaads accounts add")


def _checks(result: CheckReport) -> Table:
    columns = (
        Column("status", "Status"),
        Column("subject", "Subject", "id"),
        Column("check", "Check"),
        Column("detail", "Found"),
        Column("fix", "To do"),
    )
    return listing(result.findings, columns, optional=frozenset({"fix"}), empty="No ad account to check.")


def _exit_codes(result: reports.ExitCodeTable) -> Table:
    return listing(result.codes, (Column("code", "Code", "count"), Column("meaning", "Meaning")))


VIEWS: Views = {
    AccountList: _accounts,
    CheckReport: _checks,
    reports.EmbeddedStatus: _embedded,
    reports.ExitCodeTable: _exit_codes,
    reports.SettingsReport: _settings,
    TenantList: _tenants,
}
ITEMS: Items = {
    AccountList: "accounts",
    CheckReport: "findings",
    reports.ExitCodeTable: "codes",
    reports.SettingsReport: "settings",
    TenantList: "tenants",
}
