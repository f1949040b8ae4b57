"""From the impression to the appointment."""

from metaads_cli.models.report import FunnelStage
from metaads_cli.models.statistics import Measures
from metaads_cli.tasks.stats.figures import rate

STAGES = ("impressions", "clicks", "conversations", "leads", "converted")


def funnel_of(total: Measures) -> list[FunnelStage]:
    """The stages that are known, and leads and converted in any case."""
    found: list[FunnelStage] = []
    for stage in STAGES:
        count = getattr(total, stage)
        if count is None:
            continue
        found.append(
            FunnelStage(
                stage=stage,
                count=count,
                share=rate(count, found[-1].count) if found else None,
                cost=rate(total.spend, count) if stage != "impressions" else None,
            )
        )
    return found
