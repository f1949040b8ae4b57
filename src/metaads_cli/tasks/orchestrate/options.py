"""How a campaign is to be made."""

from collections.abc import Callable
from dataclasses import dataclass

from metaads_cli.models.campaign import CampaignSpec
from metaads_cli.settings import OrchestrateSettings, SyncSettings
from metaads_cli.tasks.orchestrate.guard import Cost
from metaads_cli.tasks.orchestrate.plan import Plan

Confirm = Callable[[CampaignSpec, str, Plan, Cost], None]
"""Asks somebody: (campaign, account in words, plan, cost). Raises where the answer is no."""
Tell = Callable[[str, str, str], None]


@dataclass(frozen=True)
class OrchestrateOptions:
    """`plan_only` writes nothing, neither at Meta nor in the journal. `delete_on_failure`: what this run made is
    deleted when it cannot be finished; else it stays, paused, and the next run goes on."""

    settings: OrchestrateSettings
    sync_settings: SyncSettings
    confirm: Confirm
    tell: Tell
    plan_only: bool = False
    publish: bool = False
    take_file: bool = False
    delete_on_failure: bool = False
    must_resume: bool = False
    validate_online: bool = False
    resume_line: str = "metaads orchestrate"

    @property
    def data_source(self) -> str:
        return "live" if self.settings.mode == "live" else "stub"
