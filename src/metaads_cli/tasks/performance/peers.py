"""An ad beside the other ads of its ad set. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

from metaads_cli.models.performance import Metrics, Peer, PeerComparison, PeerMetric
from metaads_cli.tasks.performance.figures import EXACT, Sums
from metaads_cli.tasks.stats.figures import rate

HIGH_IS_FIRST = {"ctr": True, "cpc": False, "cost_per_conversion": False, "cost_per_lead": False, "spend": True}


class PeerFigures(NamedTuple):
    ad_id: str
    sums: Sums
    leads: int

    @property
    def metrics(self) -> Metrics:
        return self.sums.metrics(self.leads)


def compare(own: PeerFigures, peers: Sequence[PeerFigures], names: Mapping[str, str]) -> PeerComparison:
    """Peers by what they spent, the most first."""
    ordered = sorted(peers, key=lambda peer: (-(peer.sums.spend or Decimal(0)), peer.ad_id))
    together = sum((peer.sums for peer in peers), Sums()).metrics(sum(peer.leads for peer in peers))
    return PeerComparison(
        ads=[Peer(ad_id=peer.ad_id, ad_name=names.get(peer.ad_id), metrics=peer.metrics) for peer in ordered],
        **{
            name: _beside(name, own.metrics, [peer.metrics for peer in peers], together if peers else None)
            for name in HIGH_IS_FIRST
        },
    )


def _beside(name: str, own: Metrics, peers: Sequence[Metrics], together: Metrics | None) -> PeerMetric:
    value: Decimal | None = getattr(own, name)
    theirs = [known for peer in peers if (known := getattr(peer, name)) is not None]
    common: Decimal | None = getattr(together, name) if together else None
    with localcontext(EXACT):
        if name == "spend":
            common = rate(common, len(theirs))
        difference = None if value is None or common is None else value - common
        relative = rate(difference, common)
    better = (
        sum(other > value if HIGH_IS_FIRST[name] else other < value for other in theirs) if value is not None else 0
    )
    return PeerMetric(
        value=value,
        peers=common,
        difference=difference,
        relative_difference=relative,
        rank=None if value is None else better + 1,
        of=len(theirs) + (value is not None),
    )
