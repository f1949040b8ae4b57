"""The referral objects that tell about a click, as fields of the normal form: WhatsApp's and Messenger's."""

from typing import Any

from metaads_cli.referrals.text import (
    Unusable,
    clean_json,
    id_or_none,
    lower_or_none,
    part,
    text_or_none,
)


def whatsapp_click(referral: Any) -> dict[str, Any]:
    """Only an ad has an ad id: a post has an id of its own. Without a type, an id is taken for an ad's."""
    if not isinstance(referral, dict):
        raise Unusable("the referral is not an object")
    get = referral.get
    source_type = lower_or_none(get("source_type"))
    source_id = id_or_none(get("source_id"), "source_id")
    named_ad = id_or_none(get("ad_id"), "ad_id")
    from_ad = source_type == "ad" or (source_type is None and (named_ad or source_id) is not None)
    return {
        "source_type": source_type,
        "from_ad": from_ad,
        "ad_id": (source_id or named_ad) if from_ad else None,
        "source_id": source_id,
        "source_url": text_or_none(get("source_url")),
        "headline": text_or_none(get("headline")),
        "body": text_or_none(get("body")),
        "media_type": text_or_none(get("media_type")),
        "media_url": text_or_none(get("image_url")) or text_or_none(get("video_url")) or text_or_none(get("media_url")),
        "ctwa_clid": text_or_none(get("ctwa_clid")),
        "greeting": _greeting(get("welcome_message")),
        "ref": text_or_none(get("ref")),
        "raw": clean_json(referral),
    }


def _greeting(message: Any) -> str | None:
    return text_or_none(message.get("text") if isinstance(message, dict) else message)


# Names of WhatsApp's own protocol, as Baileys and whatsmeow write them, in Meta's.
_PROTOCOL = {
    "sourceId": "source_id",
    "sourceID": "source_id",
    "sourceType": "source_type",
    "sourceUrl": "source_url",
    "sourceURL": "source_url",
    "title": "headline",
    "body": "body",
    "ctwaClid": "ctwa_clid",
    "ref": "ref",
    "greetingMessageBody": "welcome_message",
}
_MEDIA_TYPES = {1: "image", 2: "video", "IMAGE": "image", "VIDEO": "video"}


def protocol_click(reply: Any) -> dict[str, Any]:
    """An `externalAdReply`: WhatsApp's referral, in the names of its protocol."""
    if not isinstance(reply, dict):
        raise Unusable("the externalAdReply is not an object")
    named = {ours: reply[theirs] for theirs, ours in _PROTOCOL.items() if theirs in reply}
    media_type = reply.get("mediaType")
    named["media_type"] = _MEDIA_TYPES.get(media_type) if isinstance(media_type, int | str) else None
    pictures = ("mediaUrl", "mediaURL", "originalImageUrl", "originalImageURL", "thumbnailUrl", "thumbnailURL")
    named["media_url"] = next((reply[name] for name in pictures if text_or_none(reply.get(name))), None)
    return whatsapp_click(named) | {"raw": clean_json(reply)}


def messenger_click(referral: Any) -> dict[str, Any]:
    """An ad click names its ad; an m.me or ig.me link has the mark `ref`, a product its id."""
    if not isinstance(referral, dict):
        raise Unusable("the referral is not an object")
    shown, product = part(referral, "ads_context_data"), part(referral, "product")
    ad_id = id_or_none(referral.get("ad_id"), "ad_id")
    source = lower_or_none(referral.get("source"))
    from_ad = ad_id is not None or source == "ads"
    video = text_or_none(shown.get("video_url"))
    photo = text_or_none(shown.get("photo_url"))
    return {
        "source_type": "ad" if from_ad else source or ("product" if product else None),
        "from_ad": from_ad,
        "ad_id": ad_id,
        "source_id": ad_id or id_or_none(product.get("id"), "the product's id"),
        "source_url": text_or_none(referral.get("referer_uri")),
        "headline": text_or_none(shown.get("ad_title")),
        "media_type": "video" if video else "image" if photo else None,
        "media_url": video or photo,
        "ref": text_or_none(referral.get("ref")),
        "raw": clean_json(referral),
    }
