"""Leads of forms with their answers, read by their ids."""

from collections.abc import Sequence

from metaads_cli.graph.client import GraphClient, Json
from metaads_cli.graph.failures import Failure

FIELDS = (
    "id,created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,form_id,is_organic,platform,field_data"
)
PERMISSION = "leads_retrieval"


async def read_leads(client: GraphClient, leadgen_ids: Sequence[str], page_id: str | None) -> dict[str, Json | Failure]:
    """Each lead by its id, fifty a call. A failure stands for the lead it belongs to.

    Leads have a limit of their own, for each page. Raises GraphFailure as `GraphClient.get` when a whole call fails.
    """
    limited = f"page {page_id}" if page_id else "lead forms"
    items = await client.batch([(one, {"fields": FIELDS}) for one in leadgen_ids], account=limited)
    found: dict[str, Json | Failure] = {}
    for leadgen_id, item in zip(leadgen_ids, items, strict=True):
        answer = item.document if item.document is not None else item.failure
        if answer is not None:
            found[leadgen_id] = answer
    return found
