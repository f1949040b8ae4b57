"""Objects at Meta, read to plan by, to take over after a lost answer, and to write a campaign file from."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from metaads_cli.graph.ads import LISTED_STATUSES
from metaads_cli.graph.client import GraphClient, Json, Params
from metaads_cli.graph.creation import FIELDS
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure
from metaads_cli.graph.paging import PageSize, page_of
from metaads_cli.models.campaign import Kind

PAGE_SIZE = 500
# With their stories, objects are large.
LARGE_PAGE_SIZE = 100
_CAMPAIGN_STATUSES = ("ACTIVE", "PAUSED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES")
# What each edge may be asked for; DELETED cannot be, and creatives have no effective status.
STATUSES: dict[Kind, tuple[str, ...]] = {
    Kind.CAMPAIGN: _CAMPAIGN_STATUSES,
    Kind.AD_SET: (*_CAMPAIGN_STATUSES, "CAMPAIGN_PAUSED"),
    Kind.AD: LISTED_STATUSES,
}
_EDGES = {Kind.CAMPAIGN: "campaigns", Kind.AD_SET: "adsets", Kind.AD: "ads", Kind.CREATIVE: "adcreatives"}
# What a campaign file has no words for: read only to tell whether there is any of it.
UNWRITTEN: dict[Kind, tuple[str, ...]] = {
    Kind.CAMPAIGN: ("buying_type", "spend_cap", "promoted_object"),
    Kind.AD_SET: (
        "adset_schedule", "bid_adjustments", "bid_constraints", "daily_min_spend_target", "daily_spend_cap",
        "frequency_control_specs", "is_dynamic_creative", "lifetime_min_spend_target", "lifetime_spend_cap",
        "value_rule_set_id",
    ),
    Kind.CREATIVE: ("asset_feed_spec", "platform_customizations", "product_set_id"),
    Kind.AD: (),
}  # fmt: skip
_CREATIVE_OF_AD = (
    "creative{id,name,status,object_story_spec,object_story_id,url_tags,title,body,image_hash,video_id,thumbnail_url,"
    f"call_to_action_type,{','.join(UNWRITTEN[Kind.CREATIVE])}}}"
)
_read_page = page_of(dict[str, Any])


def selection(kind: Kind) -> str:
    """What `drift` compares, as the `fields` parameter."""
    return ",".join("creative{id}" if name == "creative" else name for name in FIELDS[kind])


async def read_objects(
    client: GraphClient, ids: Sequence[str], kind: Kind, *, account_id: str | None = None
) -> dict[str, Json | Failure]:
    """Each object by its id, deleted ones too, fifty a call. A failure stands for the object it belongs to.

    Raises GraphFailure as `GraphClient.get` when a whole call fails.
    """
    wanted = list(dict.fromkeys(ids))
    items = await client.batch([(one, {"fields": selection(kind)}) for one in wanted], account=account_id)
    nothing = Failure(FailureClass.TRANSIENT, 200, message="no answer")
    return {
        one: item.document if item.document is not None else item.failure or nothing
        for one, item in zip(wanted, items, strict=True)
    }


async def find_marked(
    client: GraphClient, account_id: str, parent_id: str | None, kind: Kind, marker: str
) -> list[Json]:
    """The objects of the kind whose name holds the marker: below the campaign or ad set, else in the account.

    Raises GraphFailure as `GraphClient.get`, also where a row cannot be read: it could be the one.
    """
    parent = parent_id if parent_id is not None and kind in {Kind.AD_SET, Kind.AD} else account_id
    path = f"{parent}/{_EDGES[kind]}"
    asked: dict[str, Any] = {"fields": "id,name,status"}
    if kind in STATUSES:
        asked["effective_status"] = list(STATUSES[kind])
    by_name = {"filtering": [{"field": "name", "operator": "CONTAIN", "value": marker}]}
    try:
        rows = await _all(client, path, asked | by_name, account_id)
    except GraphFailure as error:
        if error.failure.failure_class is not FailureClass.VALIDATION:
            raise
        # An edge that does not filter by name is read to its end.
        rows = await _all(client, path, asked, account_id)
    # A server may not know the filter, and Meta's knows no upper and lower case.
    found = {str(row["id"]): row for row in rows if row.get("id") and marker in str(row.get("name") or "")}
    return list(found.values())


async def import_tree(client: GraphClient, campaign_id: str) -> Json:
    """The campaign with all that a campaign file says of it, and what it cannot say: its `adsets`, each with its
    `ads`, each with its `creative`; the oldest first, without what is archived or deleted.

    Raises GraphFailure as `GraphClient.get`.
    """
    campaign_fields = ",".join((selection(Kind.CAMPAIGN), "account_id", *UNWRITTEN[Kind.CAMPAIGN]))
    campaign = await client.get(campaign_id, {"fields": campaign_fields})
    account_id = f"act_{str(campaign.get('account_id') or '').removeprefix('act_')}"
    ad_fields = selection(Kind.AD).replace("creative{id}", _CREATIVE_OF_AD)
    ad_set_fields = ",".join((selection(Kind.AD_SET), *UNWRITTEN[Kind.AD_SET]))
    ad_sets = await _oldest_first(client, f"{campaign_id}/adsets", ad_set_fields, account_id)
    ads = await _oldest_first(client, f"{campaign_id}/ads", ad_fields, account_id)
    below = [{**one, "ads": [ad for ad in ads if ad.get("adset_id") == one.get("id")]} for one in ad_sets]
    return {**campaign, "adsets": below}


async def _oldest_first(client: GraphClient, path: str, fields: str, account_id: str) -> list[Json]:
    """Meta lists the newest first."""
    return (await _all(client, path, {"fields": fields}, account_id, LARGE_PAGE_SIZE))[::-1]


async def _all(
    client: GraphClient, path: str, params: Params, account_id: str, page_size: int = PAGE_SIZE
) -> list[Json]:
    return [row async for row in _rows(client, path, params, account_id, page_size)]


async def _rows(client: GraphClient, path: str, params: Params, account_id: str, page_size: int) -> AsyncIterator[Json]:
    async for page in client.pages(path, params, _read_page, PageSize(page_size), account=account_id):
        if page.unreadable:
            failure = Failure(FailureClass.TRANSIENT, 200, message=f"an unreadable row: {page.unreadable[0]}")
            raise GraphFailure(failure, f"GET {path}")
        for row in page.data:
            yield row
