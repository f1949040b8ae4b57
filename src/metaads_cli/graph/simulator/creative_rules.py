"""The rules of a creative (README 4.3, 4.7)."""

from collections.abc import Callable, Mapping
from typing import Any

from metaads_cli.graph.simulator import facts
from metaads_cli.graph.simulator.drafts import Draft
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.refusals import invalid, missing, refused
from metaads_cli.graph.simulator.world import Node

KINDS_OF_STORY = ("link_data", "video_data", "photo_data", "text_data", "template_data")
# In Meta's guide on ads that click to Instagram, and not in the published enum.
_ACTIONS_OF_GUIDES = frozenset({"INSTAGRAM_MESSAGE"})
_OTHER_SOURCES = ("object_story_id", "asset_feed_spec", "source_instagram_media_id", "product_set_id", "object_id",
                  "image_hash", "object_url")  # fmt: skip


def story_given(draft: Draft) -> None:
    if not draft.has("object_story_spec") and not any(draft.has(name) for name in _OTHER_SOURCES):
        raise missing("object_story_spec")


def page_known(draft: Draft) -> None:
    story = _story(draft)
    if story is None:
        return
    page = _page(draft, story)
    if page is None:
        text = "The object_story_spec needs the page_id of a page that the token may use"
        raise refused("object_story_spec", text, blame=["object_story_spec", "page_id"])
    if "instagram_actor_id" in story:
        text = "instagram_actor_id is no longer supported: use instagram_user_id"
        raise refused("object_story_spec", text, blame=["object_story_spec", "instagram_actor_id"])
    profile = page.values["instagram_business_account"]["id"]
    if story.get("instagram_user_id") not in {None, profile}:
        raise invalid(1815199, "object_story_spec", "instagram_user_id")


def one_kind_of_story(draft: Draft) -> None:
    story = _story(draft)
    if story is None:
        return
    given = [story[name] for name in KINDS_OF_STORY if story.get(name)]
    if len(given) != 1 or not isinstance(given[0], Mapping):
        text = f"The object_story_spec needs exactly one of {', '.join(KINDS_OF_STORY)}"
        raise refused("object_story_spec", text)


def media_exist(draft: Draft) -> None:
    story = _story(draft) or {}
    for name in ("link_data", "video_data"):
        data = story.get(name) or {}
        _image_exists(draft, data.get("image_hash"), name)
    video = (story.get("video_data") or {}).get("video_id")
    if video is not None and draft.world.find(str(video)) is None:
        raise refused(
            "object_story_spec", f"Video {video} does not exist", blame=["object_story_spec", "video_data", "video_id"]
        )
    picture = (story.get("link_data") or {}).get("picture")
    if picture is not None and not str(picture).startswith(("http://", "https://")):
        raise invalid(3858258, "object_story_spec", "link_data", "picture")


def _image_exists(draft: Draft, image_hash: Any, name: str) -> None:
    """A hash belongs to one account."""
    if image_hash is not None and draft.world.image(draft.number, str(image_hash)) is None:
        text = f"Image {image_hash} does not exist in this ad account"
        raise refused("object_story_spec", text, blame=["object_story_spec", name, "image_hash"])


def call_to_action_fits(draft: Draft) -> None:
    story, known = _story(draft) or {}, {*facts.enum("AdCreative.CallToActionType"), *_ACTIONS_OF_GUIDES}
    for name in ("link_data", "video_data"):
        action = (story.get(name) or {}).get("call_to_action")
        if action is None:
            continue
        if not isinstance(action, Mapping) or action.get("type") not in known:
            raise invalid(1373054, "object_story_spec", name, "call_to_action", "type")
        page = _page(draft, story)
        if action["type"] == "WHATSAPP_MESSAGE" and page and not page.values["has_whatsapp_number"]:
            raise invalid(2446880, "object_story_spec", "page_id")


def app_is_live(draft: Draft) -> None:
    """Posts of an app in development mode are seen by nobody, so Meta refuses them."""
    if not draft.live_app and _story(draft) is not None:
        raise invalid(1885183, "object_story_spec")


def enhancements_decided(draft: Draft) -> None:
    """An account can be asked for an explicit choice on standard enhancements; here, one whose name says so."""
    if draft.account.values.get("explicit_enhancements") and not draft.has("degrees_of_freedom_spec"):
        raise invalid(3858082, "degrees_of_freedom_spec", detail="Choose whether to use standard enhancements")


def _story(draft: Draft) -> Mapping[str, Any] | None:
    story = draft.get("object_story_spec")
    return story if isinstance(story, Mapping) else None


def _page(draft: Draft, story: Mapping[str, Any]) -> Node | None:
    page = draft.world.find(str(story.get("page_id")))
    return page if page and page.kind is Kind.PAGE else None


CREATIVE_RULES: tuple[Callable[[Draft], None], ...] = (
    story_given,
    page_known,
    one_kind_of_story,
    media_exist,
    call_to_action_fits,
    app_is_live,
    enhancements_decided,
)
