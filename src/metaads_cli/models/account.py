"""An ad account of a tenant: what it is, what belongs to it, and where its token is kept."""

import msgspec


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Ids are strings; `account_id` begins with `act_`. The token is a reference, `env:NAME` or `file:PATH`."""

    tenant_id: int
    account_id: str
    name: str | None = None
    currency: str | None = None
    timezone_name: str | None = None
    token_ref: str | None = None
    page_ids: tuple[str, ...] = ()
    instagram_ids: tuple[str, ...] = ()
    phone_number_ids: tuple[str, ...] = ()
    waba_ids: tuple[str, ...] = ()


class AccountList(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.accounts/1"):
    accounts: list[Account]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at: `ok`, `warning` or `error`, and what to do about it."""

    subject: str
    check: str
    status: str
    detail: str
    fix: str | None = None


class CheckReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.check/1"):
    findings: list[Finding]

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.status == "error"]
