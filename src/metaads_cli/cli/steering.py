"""What `metaads orchestrate` does by a campaign's id or key: import it, pause or activate it, suggest its budgets."""

import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metaads_cli.cli.invocation import Invocation
from metaads_cli.cli.meta import open_meta, refuse_stub_by_default
from metaads_cli.console import Console, Format
from metaads_cli.errors import InputError, SafetyRefusal, UsageError

if TYPE_CHECKING:
    from decimal import Decimal

    from metaads_cli.db.session import Database, TenantSession
    from metaads_cli.models.reports import BudgetReport
    from metaads_cli.settings import LoadedSettings
    from metaads_cli.tasks.meta import Meta
    from metaads_cli.tasks.orchestrate.suggesting import CampaignText


@dataclass(frozen=True)
class Steered:
    """One tenant, whose campaign is named on the command line."""

    run: Invocation
    loaded: "LoadedSettings"
    tenant: int | None
    wait_seconds: float
    yes: bool = False

    @property
    def mode(self) -> str:
        return self.loaded.values.orchestrate.mode

    @property
    def source(self) -> str:
        """Of the journal: what was made at the simulator is not there for Meta."""
        return "live" if self.mode == "live" else "stub"

    def import_campaign(self, campaign_id: str, account: str | None) -> None:
        from metaads_cli.models.reports import ImportReport
        from metaads_cli.tasks.accounts import normal_account_id
        from metaads_cli.tasks.orchestrate.importing import CampaignImport

        if not campaign_id.isascii() or not campaign_id.isdigit():
            raise UsageError(f"--import is {campaign_id!r}; expected the digits of a campaign's id")
        account_id = normal_account_id(account) if account is not None else None
        with self.run.database(self.loaded) as database:
            session = self._session(database)

            async def work() -> ImportReport:
                async with self._meta(session, writing=False) as meta:
                    done = await CampaignImport(session, meta, campaign_id, self.source, account_id).run()
                self.run.console.note(
                    f"Imported campaign {campaign_id} of {done.account_id} as {done.campaign_key}:"
                    f" {_count(done.ad_sets, 'ad set')}, {_count(done.ads, 'ad')}."
                    " Its file plans nothing until you change it."
                )
                return ImportReport(
                    campaign_key=done.campaign_key,
                    account_id=done.account_id,
                    meta_id=campaign_id,
                    mode=self.mode,
                    file=done.text,
                )

            report = self.run.complete(work())
        if self.run.console.output is Format.TABLE:
            self.run.console.result(report.file)
        else:
            self.run.finish(report)

    def set_status(self, key: str, status: str) -> None:
        from metaads_cli.tasks.orchestrate.steering import Steering, known_campaign

        settings = self.loaded.values.orchestrate
        with self.run.database(self.loaded) as database:
            session = self._session(database)
            known = known_campaign(session, self.source, key)

            async def work() -> None:
                async with self._meta(session, writing=True) as meta:
                    tell = self._told
                    report = await Steering(session, meta, settings, self._confirm, tell).set_status(known, status)
                self.run.finish(report)
                for warning in report.warnings:
                    self.run.console.warn(f"{key}: {warning}")

            self.run.complete(work())

    def suggest_budgets(self, key: str, file: "CampaignText | None") -> None:
        from metaads_cli.tasks.orchestrate.steering import known_campaign
        from metaads_cli.tasks.orchestrate.suggesting import BudgetReview

        with self.run.database(self.loaded) as database:
            session = self._session(database, file)
            known = known_campaign(session, self.source, key)

            async def work() -> "BudgetReport":
                async with self._meta(session, writing=False) as meta:
                    return await BudgetReview(session, meta, self.source).run(known, file)

            report = self.run.complete(work())
        self._show_budgets(report)

    def _show_budgets(self, report: "BudgetReport") -> None:
        console = self.run.console
        if console.output is not Format.TABLE or report.diff is None:
            self.run.finish(report)
        elif report.diff:
            console.result(report.diff)
        if report.reason is not None:
            console.note(f"No other budgets for {report.campaign_key}: {report.reason}.")
        elif all(one.proposed == one.budget for one in report.adsets):
            console.note(f"The budgets of {report.campaign_key} are as its cost per lead suggests.")
        elif report.diff:
            days = f"{report.since} to {report.until}"
            console.note(f"By the cost per lead ({report.leads}) of {days}. Nothing is applied: patch -p0 < this.diff")

    def _session(self, database: "Database", file: "CampaignText | None" = None) -> "TenantSession":
        from metaads_cli.tasks.orchestrate.roles import require_manager

        require_manager(database)
        named = file.spec.tenant if file is not None else None
        if named is not None and self.tenant not in {None, named}:
            raise SafetyRefusal(f"The file is for tenant {named}, not for tenant {self.tenant}")
        tenant_id = self.tenant if self.tenant is not None else named
        if tenant_id is None:
            if len(database.tenants) != 1:
                raise UsageError(f"There are {len(database.tenants)} tenants", hint="Name one with --tenant")
            tenant_id = next(iter(database.tenants))
        return database.tenant(tenant_id)

    @asynccontextmanager
    async def _meta(self, session: "TenantSession", *, writing: bool) -> AsyncIterator["Meta"]:
        """In hybrid mode Meta is read, and the simulator written to."""
        from metaads_cli.tasks.orchestrate.furnish import furnish_known

        if self.mode == "stub":
            refuse_stub_by_default(self.loaded, ("orchestrate", "mode"), "META_ADS_MODE")
        simulated = self.mode != "live" if writing else self.mode == "stub"
        async with open_meta(
            self.run, self.loaded, self.wait_seconds, lambda world: furnish_known(world, session), simulated=simulated
        ) as meta:
            yield meta

    def _confirm(self, name: str, account_id: str, currency: str, daily: "Decimal | None") -> None:
        if self.yes:
            return
        amount = "an unknown amount" if daily is None else f"up to {daily:,.2f} {currency}"
        question = f"Activate {name} in {account_id}, spending {amount} a day?"
        line = f"metaads {shlex.join(sys.argv[1:])}"
        self.run.confirm(
            question, SafetyRefusal(f"Nobody can answer here: {question}", hint=f"If that is right, run: {line} --yes")
        )

    def _told(self, action: str, kind: str, key: str) -> None:
        tell_step(self.run.console, action, kind, key)


_DONE = {"create": "created", "update": "updated", "activate": "activated", "delete": "deleted", "pause": "paused"}


def tell_step(console: Console, action: str, kind: str, key: str) -> None:
    """One write that took effect. A program that reads JSON finds an error alone on stderr, unless it asks for more."""
    say = console.step if console.output in {Format.JSON, Format.JSONL} else console.note
    say(f"{_DONE[action]} {kind} {key}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def campaign_text(text: str, source: str, variables: dict[str, str], key: str) -> "CampaignText":
    """The campaign of that key in a file. Raises InputError where the file has another one only."""
    from metaads_cli.campaign_file import read_campaigns
    from metaads_cli.tasks.orchestrate.suggesting import CampaignText

    specs = read_campaigns(text, source, variables)
    for spec in specs:
        if spec.key == key:
            return CampaignText(text, source, variables, spec)
    raise InputError(f"{source} has no campaign {key}", hint=f"It has {', '.join(spec.key for spec in specs)}")
