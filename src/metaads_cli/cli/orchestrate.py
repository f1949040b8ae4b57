"""`metaads orchestrate`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from metaads_cli.cli import steering
from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.meta import open_meta, refuse_stub_by_default
from metaads_cli.cli.values import duration_seconds
from metaads_cli.console import Format
from metaads_cli.errors import MetaAdsError, SafetyRefusal, UsageError

if TYPE_CHECKING:
    import msgspec

    from metaads_cli.campaign_file import Problem
    from metaads_cli.db.session import Database, TenantSession
    from metaads_cli.graph.simulator.world import World
    from metaads_cli.models.campaign import CampaignSpec
    from metaads_cli.models.reports import OrchestrationReport
    from metaads_cli.settings import LoadedSettings
    from metaads_cli.tasks.orchestrate.guard import Cost
    from metaads_cli.tasks.orchestrate.options import OrchestrateOptions
    from metaads_cli.tasks.orchestrate.plan import Plan
    from metaads_cli.tasks.orchestrate.suggesting import CampaignText

STANDARD_INPUT = "standard input"
FilesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILE|-", show_default=False, help="Campaign files, or standard input."),
]
PlanOption = Annotated[bool, typer.Option("--plan", metavar="", help="Show what would be done, and do nothing.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", metavar="", help="Do not ask.")]
PublishOption = Annotated[bool, typer.Option("--publish", metavar="", help="Activate it at the end.")]
ResumeOption = Annotated[bool, typer.Option("--resume", metavar="", help="Only go on with a run that did not finish.")]
FailureOption = Annotated[
    Literal["keep", "delete"], typer.Option("--on-failure", help="What to do with what was made when it fails.")
]
VarOption = Annotated[list[str] | None, typer.Option("--var", metavar="K=V", help="A value for ${K}; repeatable.")]
ValidateOption = Annotated[bool, typer.Option("--validate-online", metavar="", help="Let Meta check it first.")]
TakeOption = Annotated[bool, typer.Option("--take-file", metavar="", help="Undo what was changed by hand at Meta.")]
TenantOption = Annotated[int | None, typer.Option("--tenant", metavar="N", help="The tenant, if the file names none.")]
ModeOption = Annotated[str | None, typer.Option("--mode", metavar="MODE", help="stub, live or hybrid.")]
ImportOption = Annotated[
    str | None, typer.Option("--import", metavar="ID", help="Write a file of a campaign that Meta has.")
]
AccountOption = Annotated[
    str | None, typer.Option("--account", metavar="act_N", help="For --import: the account to look in.")
]
PauseOption = Annotated[str | None, typer.Option("--pause", metavar="KEY", help="Pause a campaign.")]
ActivateOption = Annotated[str | None, typer.Option("--activate", metavar="KEY", help="Activate a campaign.")]
SuggestOption = Annotated[
    str | None,
    typer.Option("--suggest-budgets", metavar="KEY", help="Propose budgets by cost per lead, as a diff of the file."),
]
MaxWaitOption = Annotated[
    str, typer.Option("--max-wait", metavar="TIME", help="Longest wait for a rate limit, such as 15m.")
]


@with_global_options()
def orchestrate(
    run: Invocation,
    files: FilesArgument = None,
    plan: PlanOption = False,
    yes: YesOption = False,
    publish: PublishOption = False,
    resume: ResumeOption = False,
    on_failure: FailureOption = "keep",
    var: VarOption = None,
    validate_online: ValidateOption = False,
    take_file: TakeOption = False,
    tenant: TenantOption = None,
    import_id: ImportOption = None,
    account: AccountOption = None,
    pause: PauseOption = None,
    activate: ActivateOption = None,
    suggest_budgets: SuggestOption = None,
    mode: ModeOption = None,
    max_wait: MaxWaitOption = "15m",
) -> None:
    """Make a campaign from a file: once, exactly as written.

    Campaign, ad sets, creatives and ads are made paused, each with its intent noted before the request. Killed anywhere
    and run again, it ends with exactly one of each. A file that did not change does nothing.

    Several files are a batch. A campaign that is there is imported by its id, and paused, activated and reviewed by
    its key.

    \b
    Examples:
      metaads orchestrate campaign.yaml --plan
      metaads orchestrate campaign.yaml
      metaads orchestrate campaign.yaml --publish --yes
      metaads orchestrate campaign.yaml --var promo="20 % OFF"
      metaads orchestrate --import 120210000000000017 > campaign.yaml
      metaads orchestrate --suggest-budgets verano-2026 campaign.yaml
    """
    steered = {"--import": import_id, "--pause": pause, "--activate": activate, "--suggest-budgets": suggest_budgets}
    of_files = {
        "--plan": plan, "--publish": publish, "--resume": resume, "--validate-online": validate_online,
        "--take-file": take_file,
    }  # fmt: skip
    asked = [name for name, value in steered.items() if value is not None]
    _check_what_is_asked(asked, files or [], [name for name, is_on in of_files.items() if is_on], account)
    loaded = run.load_settings({("orchestrate", "mode"): ("--mode", mode)})
    campaign = steering.Steered(run, loaded, tenant, duration_seconds(max_wait), yes)
    variables = dict(_variable(text) for text in var or [])
    if import_id is not None:
        return campaign.import_campaign(import_id, account)
    if pause is not None:
        return campaign.set_status(pause, "PAUSED")
    if activate is not None:
        return campaign.set_status(activate, "ACTIVE")
    if suggest_budgets is not None:
        file = _file_of(run, suggest_budgets, files or [], variables)
        return campaign.suggest_budgets(suggest_budgets, file)
    specs = _read_all(run, files or [], variables)
    options = _options(
        run,
        loaded,
        yes=yes,
        plan_only=plan,
        publish=publish,
        take_file=take_file,
        delete_on_failure=on_failure == "delete",
        must_resume=resume,
        validate_online=validate_online,
    )
    return _Command(run, loaded, options, tenant, duration_seconds(max_wait)).run_all(specs)


def _check_what_is_asked(steered: list[str], files: list[str], of_files: list[str], account: str | None) -> None:
    """One thing at a time; of what is named by a key or an id, only --suggest-budgets takes a file."""
    if len(steered) > 1:
        raise UsageError(f"{steered[0]} and {steered[1]} exclude each other")
    if not steered and not files:
        raise UsageError(
            "Name a campaign file, or - for standard input", hint="metaads orchestrate campaign.yaml --plan"
        )
    if steered and of_files:
        raise UsageError(f"{steered[0]} and {of_files[0]} exclude each other: {of_files[0]} is about a campaign file")
    if files and steered and steered != ["--suggest-budgets"]:
        raise UsageError(f"{steered[0]} takes no file")
    if len(files) > 1 and steered:
        raise UsageError("--suggest-budgets takes one file")
    if account is not None and steered != ["--import"]:
        raise UsageError("--account goes with --import only: a campaign file names its own")


class _Command:
    """Several campaigns, one after the other: one's failure does not stop the rest, but is the end of the run."""

    def __init__(
        self,
        run: Invocation,
        loaded: "LoadedSettings",
        options: "OrchestrateOptions",
        tenant: int | None,
        wait_seconds: float,
    ):
        self.run, self.loaded, self.options, self.tenant, self.wait_seconds = run, loaded, options, tenant, wait_seconds

    def run_all(self, specs: "list[CampaignSpec]") -> None:
        from metaads_cli.tasks.orchestrate.roles import require_manager

        with self.run.database(self.loaded) as database:
            require_manager(database)
            sessions = [self._session(database, spec) for spec in specs]
            reports, failures = self.run.complete(self._work(list(zip(sessions, specs, strict=True))))
        if reports:
            self.run.finish(_document(reports))
        self._tell(reports, failures)
        if failures:
            raise failures[0]

    async def _work(
        self, campaigns: "list[tuple[TenantSession, CampaignSpec]]"
    ) -> "tuple[list[OrchestrationReport], list[MetaAdsError]]":
        """In hybrid mode the account is asked at Meta, and written to at the simulator."""
        from metaads_cli.tasks.orchestrate import Orchestration
        from metaads_cli.tasks.orchestrate.furnish import furnish

        def world_of_files(world: "World") -> None:
            furnish(world, campaigns)

        reports, failures = [], []
        mode = self.options.settings.mode
        if mode == "stub":
            refuse_stub_by_default(self.loaded, ("orchestrate", "mode"), "META_ADS_MODE")
        async with (
            open_meta(self.run, self.loaded, self.wait_seconds, world_of_files, simulated=mode == "stub") as reader,
            open_meta(self.run, self.loaded, self.wait_seconds, world_of_files, simulated=mode != "live") as writer,
        ):
            for session, spec in campaigns:
                try:
                    report, failure = await Orchestration(session, writer, reader, spec, self.options).run()
                except MetaAdsError as error:
                    failures.append(error)
                    continue
                reports.append(report)
                failures += [failure] if failure is not None else []
        return reports, failures

    def _session(self, database: "Database", spec: "CampaignSpec") -> "TenantSession":
        if spec.tenant is not None and self.tenant not in {None, spec.tenant}:
            raise SafetyRefusal(f"{spec.place}: the file is for tenant {spec.tenant}, not for tenant {self.tenant}")
        tenant_id = spec.tenant if spec.tenant is not None else self.tenant
        if tenant_id is None:
            if len(database.tenants) != 1:
                raise UsageError(
                    f"{spec.place}: the file names no tenant, and there are {len(database.tenants)}",
                    hint="Write tenant: N into the file, or name one with --tenant",
                )
            tenant_id = next(iter(database.tenants))
        return database.tenant(tenant_id)

    def _tell(self, reports: "list[OrchestrationReport]", failures: list[MetaAdsError]) -> None:
        if self.run.console.output is not Format.JSON:
            for report in reports:
                for warning in report.warnings:
                    self.run.console.warn(f"{report.campaign_key}: {warning}")
        for failure in failures[1:]:
            self.run.console.error(failure)


def _options(run: Invocation, loaded: "LoadedSettings", *, yes: bool, **choices: bool) -> "OrchestrateOptions":
    from metaads_cli.tasks.orchestrate.options import OrchestrateOptions

    settings = loaded.values.orchestrate
    line = f"metaads {shlex.join(sys.argv[1:])}"

    def confirm(spec: "CampaignSpec", account: str, plan: "Plan", cost: "Cost") -> None:
        """Ask before anything can be spent, or much could be."""
        warning_level = settings.confirm_daily_total
        dear = warning_level is not None and (cost.daily is None or cost.daily > warning_level)
        if yes or not (plan.publishes or dear):
            return
        amount = "an unknown amount" if cost.daily is None else f"up to {cost.daily:,f} {cost.currency}"
        action = "Publish" if plan.publishes else "Make"
        question = f"{action} {spec.name} in {account}, spending {amount} a day?"
        run.confirm(
            question,
            SafetyRefusal(f"Nobody can answer here: {question}", hint=f"If that is right, run: {line} --yes"),
        )

    return OrchestrateOptions(
        settings=settings,
        sync_settings=loaded.values.sync.model_copy(update={"mode": settings.mode}),
        confirm=confirm,
        tell=lambda action, kind, key: steering.tell_step(run.console, action, kind, key),
        resume_line=line,
        **choices,
    )


def _read_all(run: Invocation, files: list[str], variables: dict[str, str]) -> "list[CampaignSpec]":
    """The campaigns of all files, in their order. Raises CampaignFileError with everything that is wrong with them."""
    from metaads_cli.campaign_file import CampaignFileError, read_campaigns

    specs, wrong = [], []
    for file in files:
        try:
            text, source = _text(file)
            specs += read_campaigns(text, source, variables, exists=lambda path: Path(path).is_file())
        except CampaignFileError as error:
            wrong.append(error)
    if wrong:
        raise _all_of(run, [problem for error in wrong for problem in error.problems])
    return specs


def _all_of(run: Invocation, problems: "list[Problem]") -> MetaAdsError:
    """One error of all files: a line for each problem where people read it, the details for programs."""
    from metaads_cli.campaign_file import CampaignFileError

    error = CampaignFileError(problems)
    lines = [problem.line() for problem in problems]
    if run.console.output not in {Format.JSON, Format.JSONL}:
        error.message = lines[0] if len(lines) == 1 else "\n  ".join([f"{len(lines)} problems:", *lines])
    return error


def _file_of(run: Invocation, key: str, files: list[str], variables: dict[str, str]) -> "CampaignText | None":
    """The file that --suggest-budgets is to change, if one was named."""
    from metaads_cli.campaign_file import CampaignFileError

    if not files:
        return None
    try:
        return steering.campaign_text(*_text(files[0]), variables, key)
    except CampaignFileError as error:
        raise _all_of(run, error.problems) from None


def _text(file: str) -> tuple[str, str]:
    """A file's text, and what it is called."""
    from metaads_cli.campaign_file import decode

    if file == "-":
        return decode(sys.stdin.buffer.read(), STANDARD_INPUT), STANDARD_INPUT
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"The file {file} cannot be read: {error.strerror}") from None
    return decode(data, file), file


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--var is {text!r}; expected NAME=VALUE")
    return name, value


def _document(reports: "list[OrchestrationReport]") -> "msgspec.Struct":
    from metaads_cli.models.reports import OrchestrationBatch

    return reports[0] if len(reports) == 1 else OrchestrationBatch(campaigns=reports)
