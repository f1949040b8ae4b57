"""The ad accounts of a tenant."""

from typing import Any

import msgspec

from metaads_cli.db.queries import statement
from metaads_cli.db.session import TenantSession
from metaads_cli.models.account import Account


def read_accounts(session: TenantSession) -> list[Account]:
    with session.transaction() as cursor:
        rows = session.run(cursor, statement("accounts/read")).fetchall()
    return [_account(session.tenant_id, row) for row in rows]


def save_account(session: TenantSession, account: Account) -> None:
    values = msgspec.structs.asdict(account)
    lists = {key: list(value) for key, value in values.items() if isinstance(value, tuple)}
    with session.transaction() as cursor:
        session.run(cursor, statement("accounts/save"), values | lists)


def remove_account(session: TenantSession, account_id: str) -> bool:
    """False when there was no such account."""
    with session.transaction() as cursor:
        return session.run(cursor, statement("accounts/remove"), {"account_id": account_id}).rowcount > 0


def _account(tenant_id: int, row: tuple[Any, ...]) -> Account:
    account_id, name, currency, timezone_name, token_ref, *id_lists = row
    pages, instagram, phones, wabas = (tuple(ids) for ids in id_lists)
    return Account(
        tenant_id=tenant_id,
        account_id=account_id,
        name=name,
        currency=currency,
        timezone_name=timezone_name,
        token_ref=token_ref,
        page_ids=pages,
        instagram_ids=instagram,
        phone_number_ids=phones,
        waba_ids=wabas,
    )
