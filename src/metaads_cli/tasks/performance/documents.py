"""The documents about one campaign, ad set or ad, and the timeline of any of them."""

from collections.abc import Mapping
from typing import Any

from metaads_cli.db.queries import performance as stored
from metaads_cli.models.insight import Level
from metaads_cli.models.performance import (
    AdDocument,
    AdSetDocument,
    CampaignDocument,
    Creative,
    PeerComparison,
    Targeting,
    TimelineDocument,
)
from metaads_cli.tasks.performance import daily, peers, targeting
from metaads_cli.tasks.performance.figures import Sums
from metaads_cli.tasks.performance.view import Question, View

STORIES = {"link_data": ("name", "message"), "video_data": ("title", "message"), "photo_data": ("", "caption")}
"""Where a creative's story keeps its title and its body."""


def campaign(question: Question, campaign_id: str) -> CampaignDocument:
    """Raises InputError where the tenant has no such campaign, UsageError for a window that cannot be."""
    with question.about(Level.CAMPAIGN, campaign_id) as view:
        facts = stored.campaign_facts(view.reader, campaign_id)
        ad_sets, ads = stored.count_children(view.reader, view.place.account_id, campaign_id, view.days)
        return CampaignDocument(
            **view.common(),
            campaign_id=campaign_id,
            campaign_name=facts.name,
            status=facts.status or facts.effective_status,
            effective_status=facts.effective_status,
            objective=facts.objective,
            daily_budget=facts.daily_budget,
            lifetime_budget=facts.lifetime_budget,
            campaign_insights=view.insights(),
            adsets_count=ad_sets,
            ads_count=ads,
            performance_summary=view.efficiency(),
        )


def adset(question: Question, adset_id: str) -> AdSetDocument:
    """Raises as `campaign`."""
    with question.about(Level.AD_SET, adset_id) as view:
        facts = stored.adset_facts(view.reader, adset_id)
        _, ads = stored.count_children(view.reader, view.place.account_id, adset_id, view.days)
        return AdSetDocument(
            **view.common(),
            adset_id=adset_id,
            adset_name=facts.name,
            campaign_id=view.place.campaign_id,
            campaign_name=stored.campaign_facts(view.reader, view.place.campaign_id).name,
            status=facts.status or facts.effective_status,
            effective_status=facts.effective_status,
            optimization_goal=facts.optimization_goal,
            billing_event=facts.billing_event,
            destination_type=facts.destination_type,
            daily_budget=facts.daily_budget,
            lifetime_budget=facts.lifetime_budget,
            targeting=Targeting(
                summary=targeting.summary(facts.targeting),
                raw=facts.targeting if isinstance(facts.targeting, dict) else None,
            ),
            adset_insights=view.insights(),
            ads_count=ads,
            performance_summary=view.efficiency(),
        )


def ad(question: Question, ad_id: str) -> AdDocument:
    """Raises as `campaign`."""
    with question.about(Level.AD, ad_id) as view:
        facts = stored.ad_facts(view.reader, ad_id)
        return AdDocument(
            **view.common(),
            ad_id=ad_id,
            ad_name=facts.name,
            adset_id=view.place.adset_id,
            adset_name=stored.adset_facts(view.reader, view.place.adset_id).name,
            campaign_id=view.place.campaign_id,
            campaign_name=stored.campaign_facts(view.reader, view.place.campaign_id).name,
            status=facts.status or facts.effective_status,
            effective_status=facts.effective_status,
            creative=_creative(facts),
            ad_insights=view.insights(),
            peer_comparison=_peers(view),
            performance_summary=view.efficiency(),
        )


def timeline(question: Question, entity_id: str, level: Level | None) -> TimelineDocument:
    """Of the object with this id, whatever it is. Raises as `campaign`."""
    with question.about_any(level, entity_id) as view:
        return TimelineDocument(
            **view.common(),
            entity_id=entity_id,
            entity_type=str(view.level),
            entity_name=_name(view),
            insights=daily.timeline(view.days, view.rows, view.read, view.zone),
            total_spend=view.totals.metrics.spend,
            avg_roas=view.totals.metrics.roas,
        )


def _name(view: View) -> str | None:
    if view.level is Level.CAMPAIGN:
        return stored.campaign_facts(view.reader, view.entity_id).name
    if view.level is Level.AD_SET:
        return stored.adset_facts(view.reader, view.entity_id).name
    return stored.ad_facts(view.reader, view.entity_id).name


def _creative(facts: stored.AdFacts) -> Creative | None:
    if facts.creative_id is None:
        return None
    title, body = _told(facts.story)
    return Creative(
        creative_id=facts.creative_id,
        title=facts.title or title,
        body=facts.body or body,
        call_to_action_type=facts.call_to_action_type,
        thumbnail_url=facts.thumbnail_url,
    )


def _told(story: Any) -> tuple[str | None, str | None]:
    """Title and body of a story, which Meta's own fields often leave out."""
    for kind, keys in STORIES.items():
        told = story.get(kind) if isinstance(story, Mapping) else None
        if isinstance(told, Mapping):
            title, body = (told.get(key) for key in keys)
            return title if isinstance(title, str) else None, body if isinstance(body, str) else None
    return None, None


def _peers(view: View) -> PeerComparison:
    together = [
        peers.PeerFigures(other.entity_id, Sums.of(other), view.leads[other.entity_id])
        for other in view.others()
        if other.adset_id == view.place.adset_id and (other.impressions or other.spend)
    ]
    own = peers.PeerFigures(view.entity_id, view.compared, view.leads[view.entity_id])
    return peers.compare(own, together, stored.ad_names(view.reader, view.place.adset_id))
