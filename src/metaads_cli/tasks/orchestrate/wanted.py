"""What the file wants to exist at Meta: every object with its fields, before any of them has an id. Pure.

Objects name each other by references (`{adset:caba}`), which are replaced by ids when a request is sent. A creative's
key holds a digest of its content: Meta's creatives cannot be changed, so another content is another creative. Their
names can be: a new name is no new content.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from metaads_cli.graph.creation import (
    AccountFacts,
    UploadedMedia,
    ad_fields,
    ad_set_fields,
    campaign_fields,
    creative_fields,
)
from metaads_cli.models.campaign import AdSetSpec, CampaignSpec, CreativeSpec, Kind, marked, marker_of
from metaads_cli.models.orchestration import Fields, Node, NodeId, reference

MediaOf = Callable[[CreativeSpec], UploadedMedia]
DIGEST_LENGTH = 8
# The fields that name another object or an upload.
_REFERRING = frozenset({"campaign_id", "adset_id", "creative_id", "image_hash", "video_id"})
_CONTENT = ("text", "headline", "description", "link", "call_to_action", "welcome_message", "url_tags")


@dataclass(frozen=True)
class Wanted:
    """One object. `fields` are those of its creation, with its plain name and with references."""

    kind: Kind
    key: str
    fields: Fields
    marker: str
    parent: NodeId | None = None

    @property
    def id(self) -> NodeId:
        return self.kind, self.key

    def named_as(self, node: Node | None) -> Fields:
        """The fields with the name as Meta is to hold it: marked, unless the object was taken over without one."""
        plain = str(self.fields["name"])
        held = node.applied.get("name") if node is not None else None
        if node is None or held is None or node.marker in held:
            return {**self.fields, "name": marked(plain, self.marker)}
        # The file has no name for a creative: one that was taken over keeps its own.
        return {**self.fields, "name": held if self.kind is Kind.CREATIVE else plain}


def wanted_objects(spec: CampaignSpec, facts: AccountFacts, tenant_id: int, media_of: MediaOf) -> list[Wanted]:
    """The campaign, its ad sets, creatives and ads, each after what it refers to.

    Raises ValueError for an amount or a time that the account cannot have.
    """

    def one(kind: Kind, key: str, fields: Fields, parent: NodeId | None) -> Wanted:
        return Wanted(kind, key, fields, marker_of(tenant_id, spec.key, kind, key), parent)

    campaign = one(Kind.CAMPAIGN, spec.key, campaign_fields(spec, facts), None)
    found = [campaign]
    for ad_set in spec.adsets:
        fields = ad_set_fields(spec, ad_set, facts, reference(*campaign.id))
        found.append(one(Kind.AD_SET, ad_set.key, fields, campaign.id))
        for ad in ad_set.ads:
            key = f"{ad_set.key}/{ad.key}"
            media = media_of(ad.creative)
            digest = _digest(spec, ad_set, ad.creative, media)
            creative = one(Kind.CREATIVE, f"{key}@{digest}", creative_fields(spec, ad_set, ad, media), None)
            ad_content = ad_fields(ad, reference(Kind.AD_SET, ad_set.key), reference(*creative.id))
            found += [creative, one(Kind.AD, key, ad_content, (Kind.AD_SET, ad_set.key))]
    return found


def _digest(spec: CampaignSpec, ad_set: AdSetSpec, creative: CreativeSpec, media: UploadedMedia) -> str:
    """Of what the file says, not of the request that is made of it: a later version of this program may ask for the
    same in other words, and must not take it for another creative."""
    content = {
        **{name: getattr(creative, name) for name in _CONTENT},
        "media": msgspec.structs.asdict(media),
        "page": spec.page,
        "instagram": spec.instagram,
        "destination": ad_set.destination,
    }
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:DIGEST_LENGTH]


def resolved(value: Any, ids: Mapping[str, str], name: str | None = None) -> Any:
    """The fields with every reference replaced by the id it stands for; a text that looks like one stays a text."""
    if isinstance(value, str):
        return ids.get(value, value) if name in _REFERRING else value
    if isinstance(value, list):
        return [resolved(item, ids) for item in value]
    if isinstance(value, dict):
        return {key: resolved(item, ids, key) for key, item in value.items()}
    return value
