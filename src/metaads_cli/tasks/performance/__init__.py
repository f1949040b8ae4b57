"""Campaigns, ad sets and ads over some days, as documents: what they did, among whom, and how fresh that is."""

from metaads_cli.tasks.performance.asked import DEFAULT_DAYS, AskedDays
from metaads_cli.tasks.performance.documents import ad, adset, campaign, timeline
from metaads_cli.tasks.performance.overview import overview
from metaads_cli.tasks.performance.view import Question

__all__ = ["DEFAULT_DAYS", "AskedDays", "Question", "ad", "adset", "campaign", "overview", "timeline"]
