"""Creating, updating and deleting (README 4)."""

import base64
import binascii
import hashlib
from decimal import Decimal, InvalidOperation
from typing import Any

from metaads_cli.graph.simulator import facts
from metaads_cli.graph.simulator.behaviour import Behaviour
from metaads_cli.graph.simulator.drafts import Draft, execution_options, typed_values
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.http import Request
from metaads_cli.graph.simulator.limits import Limits
from metaads_cli.graph.simulator.params import Params, with_data
from metaads_cli.graph.simulator.refusals import Refusal, known, missing, nonexisting_field, not_one_of, refused
from metaads_cli.graph.simulator.rules import check
from metaads_cli.graph.simulator.world import Node, World

Json = dict[str, Any]

CREATED = {"campaigns": Kind.CAMPAIGN, "adsets": Kind.AD_SET, "ads": Kind.AD, "adcreatives": Kind.CREATIVE}
UPDATED = frozenset({Kind.CAMPAIGN, Kind.AD_SET, Kind.AD, Kind.CREATIVE})
BUDGETS = frozenset({"daily_budget", "lifetime_budget"})
DONE = {"success": True}


class Writer:
    """Carries out POST and DELETE on objects."""

    def __init__(self, world: World, limits: Limits, behaviour: Behaviour):
        self._world = world
        self._limits = limits
        self._behaviour = behaviour

    def create(self, account: Node, edge: str, request: Request) -> Json:
        """Make an object in the account. Raises Refusal by the rules; with `validate_only` nothing is made."""
        if edge == "adimages":
            return self._add_images(account, request)
        if edge == "adlabels":
            return self._add_label(account, request.params)
        if edge == "advideos":
            return self._add_video(account, request)
        if edge not in CREATED:
            raise nonexisting_field(edge, account.kind)
        kind = CREATED[edge]
        options = execution_options(kind, request.params)
        draft = self._draft(kind, account, f"AdAccount POST {edge}", request.params)
        _check(draft)
        self._check_inline_creative(draft)
        if "validate_only" in options:
            return dict(DONE)
        if kind is Kind.AD:
            self._limits.charge_new_ad(account.values["account_id"], self._world.now())
        return {"id": self._make(draft).id}

    def _draft(self, kind: Kind, account: Node, call: str, params: Params, before: Node | None = None) -> Draft:
        given = typed_values(kind, call, params, self._world.zone(account.values["account_id"]))
        if "adlabels" in given:
            given["adlabels"] = _labels(self._world, account, given["adlabels"])
        own = dict(before.values) if before else {}
        if before and kind is Kind.AD:
            own.setdefault("creative", {"creative_id": own.get("creative_id")})
        return Draft(
            world=self._world,
            kind=kind,
            account=account,
            values=own | given,
            given=frozenset(given),
            before=before,
            strict=self._behaviour.strict_combinations,
            live_app=self._behaviour.live_app,
        )

    def _check_inline_creative(self, draft: Draft) -> None:
        """An ad may bring its creative along; it is held to the creative's rules, and blamed as the ad's."""
        if (
            draft.kind is not Kind.AD
            or "creative" not in draft.given
            or {"creative_id", "id"} & draft.get("creative").keys()
        ):
            return
        inner = Params(draft.get("creative"))
        inline = self._draft(Kind.CREATIVE, draft.account, "AdAccount POST adcreatives", inner)
        try:
            _check(inline)
        except Refusal as refusal:
            refusal.blame = [["creative", *path] for path in refusal.blame]
            raise
        draft.inline_creative = inline.values

    def _make(self, draft: Draft) -> Node:
        now = self._world.now()
        values = {key: value for key, value in draft.values.items() if key != "creative"}
        values |= {"created_time": now, "updated_time": now}
        if draft.kind is Kind.CREATIVE:
            values |= self._creative_values(draft, values)
        values.setdefault("status", "ACTIVE")
        if draft.kind is Kind.AD_SET:
            values.setdefault("start_time", now)
        if draft.kind is Kind.AD:
            values["campaign_id"] = self._world.get(values["adset_id"]).values["campaign_id"]
            values["creative_id"] = self._creative_id(draft)
        node = self._world.add(draft.kind, draft.number, values)
        self._world.note_status(node, now)
        return node

    def _creative_id(self, draft: Draft) -> str:
        """Of the creative an ad names, or of the one it brings along."""
        if not draft.inline_creative:
            return str(draft.values["creative_id"])
        values = draft.inline_creative | self._creative_values(draft, draft.inline_creative) | {"status": "ACTIVE"}
        return self._world.add(Kind.CREATIVE, draft.number, values).id

    def _creative_values(self, draft: Draft, values: Json) -> Json:
        """What Meta derives from the story: the post it makes, title, text and picture."""
        story = values.get("object_story_spec") or {}
        data: Json = next((story[name] for name in ("link_data", "video_data") if story.get(name)), {})
        number = self._world.number("story", draft.number, self._world.now(), len(self._world.nodes)) % 10**15
        page = story.get("page_id")
        derived = {
            "thumbnail_url": f"https://scontent.example/{number}.jpg",
            "object_story_id": values.get("object_story_id") or (f"{page}_{number:015}" if page else None),
            "title": data.get("name") or data.get("title"),
            "body": data.get("message"),
            "image_hash": data.get("image_hash"),
            "call_to_action_type": (data.get("call_to_action") or {}).get("type"),
        }
        return with_data(derived)

    def update(self, node: Node, request: Request) -> Json:
        """Change an object. Raises Refusal by the rules of its status and of its kind (README 4.9)."""
        if node.kind is Kind.ACCOUNT:
            return self._update_account(node, request.params)
        if node.kind not in UPDATED:
            raise known(100, message="Unsupported post request.")
        options = execution_options(node.kind, request.params)
        account = self._world.account_of(node)
        draft = self._draft(node.kind, account, f"{node.kind} POST", request.params, node)
        check_status_change(node, draft)
        changed = {name: draft.values[name] for name in draft.given if name != "creative"}
        if draft.given - {"name", "status", "adlabels"}:
            _check(draft)
            self._check_inline_creative(draft)
        if "validate_only" in options:
            return dict(DONE)
        if "creative" in draft.given:
            changed["creative_id"] = self._creative_id(draft)
        if node.kind is Kind.AD_SET and any(
            changed.get(name) != node.values.get(name) for name in BUDGETS & draft.given
        ):
            self._limits.charge_budget_change(node.id, self._world.now())
        self._world.changed(node, changed)
        return dict(DONE)

    def _update_account(self, account: Node, params: Params) -> Json:
        """Its name and its spending limit, which is sent in major units and read in minor ones; 0 is none."""
        number = account.values["account_id"]
        changed = with_data({"name": params.text("name"), "spend_cap": self._spend_cap(number, params)})
        action = params.text("spend_cap_action")
        if action not in {None, "delete", "reset"}:
            raise not_one_of("spend_cap_action", ("delete", "reset"))
        if action:
            changed["spend_cap" if action == "delete" else "amount_spent"] = "0"
        if action or "spend_cap" in changed:
            self._limits.charge_spend_cap_change(number, self._world.now())
        self._world.changed(account, changed)
        return dict(DONE)

    def _spend_cap(self, number: str, params: Params) -> str | None:
        given = params.text("spend_cap")
        if given is None:
            return None
        try:
            amount = Decimal(given) * facts.currency_offset(self._world.currency(number))
        except InvalidOperation:
            raise refused("spend_cap", "Param spend_cap must be a number") from None
        if not amount.is_finite() or amount < 0 or amount != amount.to_integral_value():
            raise refused("spend_cap", "Param spend_cap must be an amount of the account's currency")
        return str(int(amount))

    def delete(self, node: Node) -> Json:
        """The object stays readable by its id, and leaves every listing."""
        if node.kind not in UPDATED:
            raise known(100, message="Unsupported delete request.")
        self._world.changed(node, {"status": "DELETED"})
        return dict(DONE)

    def _add_images(self, account: Node, request: Request) -> Json:
        """`bytes` as base64, or files. The same bytes in the same account have the same hash (README 4.3)."""
        pictures = {upload.filename: upload.content for upload in request.files.values()}
        encoded = request.params.text("bytes")
        if encoded is not None:
            pictures["bytes"] = _decoded(encoded)
        if not pictures:
            raise missing("bytes")
        return {"images": {name: self._image(account, name, content) for name, content in pictures.items()}}

    def _image(self, account: Node, name: str, content: bytes) -> Json:
        if not content:
            raise refused("bytes", "The image is empty")
        number = account.values["account_id"]
        image_hash = hashlib.sha256(number.encode() + content).hexdigest()[:32]
        node = self._world.image(number, image_hash)
        if node is None:
            url = f"https://scontent.example/{image_hash}.png"
            values = {
                "hash": image_hash,
                "name": name,
                "url": url,
                "status": "ACTIVE",
                "created_time": self._world.now(),
            }
            node = self._world.add(Kind.IMAGE, number, values, f"{number}:{image_hash}")
        return {"hash": image_hash, "url": node.values["url"], "name": name}

    def _add_label(self, account: Node, params: Params) -> Json:
        name = params.text("name")
        if not name:
            raise missing("name")
        same = [one for one in self._world.children(account.id, Kind.LABEL) if one.values["name"] == name]
        values = {"name": name, "created_time": self._world.now(), "updated_time": self._world.now()}
        return {"id": (same or [self._world.add(Kind.LABEL, account.values["account_id"], values)])[0].id}

    def _add_video(self, account: Node, request: Request) -> Json:
        """By `file_url`, or as the file `source`. The same video twice is two videos."""
        _video_given(request)
        now = self._world.now()
        number = self._world.number("video", account.id, now, len(self._world.nodes)) % 10**15
        values = {
            "title": request.params.text("title") or request.params.text("name"),
            "picture": f"https://scontent.example/{number}.jpg",
            "created_time": now,
            "updated_time": now,
            "status": {"video_status": "ready"},
        }
        return {"id": self._world.add(Kind.VIDEO, account.values["account_id"], values).id}


def _video_given(request: Request) -> None:
    url, upload = request.params.text("file_url"), request.files.get("source")
    if not url and upload is None:
        raise missing("source")
    if url and not url.startswith(("http://", "https://")):
        raise refused("file_url", "Unable to fetch video file from URL.")
    if upload is not None and not upload.content:
        raise refused("source", "The video is empty")


def _check(draft: Draft) -> None:
    """The rules; a nested value of another shape than they expect (a text for an object) is an invalid parameter."""
    try:
        check(draft)
    except (AttributeError, TypeError, ValueError):
        raise known(100) from None


def check_status_change(node: Node, draft: Draft) -> None:
    """ARCHIVED: only `name` and `status`, and that only to DELETED. DELETED: only `name`; it is final."""
    editable = {"ARCHIVED": {"name", "status"}, "DELETED": {"name"}}.get(node.status)
    if editable is None:
        return
    for name in sorted(draft.given - editable):
        raise refused(name, f"The {name} of an object that is {node.status} cannot be changed")
    if draft.get("status") not in {node.status, "DELETED"}:
        raise refused("status", "An archived object can only be deleted")


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise refused("bytes", "Param bytes must be base64") from None


def _labels(world: World, account: Node, labels: list[Json]) -> list[Json]:
    """Labels given by id or by name, as they are stored on an object."""
    known_labels = world.children(account.id, Kind.LABEL)
    found = []
    for label in labels:
        wanted = {str(label.get("id")), str(label.get("name"))}
        node = next((one for one in known_labels if {one.id, one.values["name"]} & wanted), None)
        if node is None:
            raise refused("adlabels", f"Ad label {label.get('id') or label.get('name')} does not exist")
        found.append({"id": node.id, "name": node.values["name"]})
    return found
