"""The bodies of WhatsApp's webhooks, as the Cloud API sends them and as YCloud does (README 5.2 to 5.4, 5.8)."""

from typing import Any

from metaads_cli.graph.simulator.clicks import Click, Json, Scene, Shares, Told


def _referral(told: Scene) -> Json:
    """Headline and body are the ad's. The click id is absent for an ad in WhatsApp Status (README 5.2)."""
    shown = told.creative
    referral: Json = {
        "source_url": f"https://fb.me/{told.token('link', 10)}",
        "source_id": told.ad.id,
        "source_type": "ad",
        **{name: shown[name] for name in ("body", "headline") if name in shown},
    }
    if told.draw[4] < 80:
        video = str(shown["picture"]).removesuffix(".jpg") + ".mp4"
        referral |= {"media_type": "video", "video_url": video, "thumbnail_url": shown["picture"]}
    else:
        referral |= {"media_type": "image", "image_url": shown["picture"]}
    if told.draw[5] >= 40:
        referral["ctwa_clid"] = f"Aff{told.token('clid')}_{told.number}"
    if told.draw[6] < 60:
        referral["welcome_message"] = {"text": "¡Hola! ¿En qué podemos ayudarte?"}
    return referral


def _wamid(told: Scene, name: str = "message") -> str:
    return f"wamid.HBg{told.token(name, 28)}"


def _message(told: Scene, name: str = "message", **more: Any) -> Json:
    message = {"from": told.person.phone, "id": _wamid(told, name), "timestamp": str(told.seconds)}
    return message | _content(told) | more


def _content(told: Scene) -> Json:
    """Mostly text; a referral comes with any type, also with one that WhatsApp cannot show (README 5.2)."""
    drawn = told.draw[7]
    if drawn < 12:
        error = {"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}
        return {"type": "unsupported", "errors": [error]}
    if drawn < 24:
        return {"type": "location", "location": {"latitude": -34.6037, "longitude": -58.3816}}
    for limit, kind, mime in ((40, "audio", "audio/ogg; codecs=opus"), (56, "image", "image/jpeg")):
        if drawn < limit:
            return {"type": kind, kind: {"id": str(told.number_of("media")), "mime_type": mime}}
    return {"type": "text", "text": {"body": told.text}}


def _contact(told: Scene) -> Json:
    return {"profile": {"name": told.person.name}, "wa_id": told.person.phone}


def _change(told: Scene, **parts: Any) -> Json:
    metadata = {"display_phone_number": told.business_phone, "phone_number_id": told.owned("phone number")}
    return {"value": {"messaging_product": "whatsapp", "metadata": metadata} | parts, "field": "messages"}


def _whatsapp(told: Scene, *changes: Json) -> Json:
    return {"object": "whatsapp_business_account", "entry": [{"id": told.owned("waba"), "changes": list(changes)}]}


def _messages(told: Scene, *messages: Json) -> Json:
    return _change(told, contacts=[_contact(told)], messages=list(messages))


def _click(told: Scene) -> Told:
    message = _message(told, referral=_referral(told))
    return _whatsapp(told, _messages(told, message)), [Click(message["id"], told.ad.id)]


def _click_of_a_hidden_number(told: Scene) -> Told:
    """A person with a user name: no `from`, no `wa_id` (README 5.2)."""
    message = _message(told, referral=_referral(told), from_user_id=f"US.{told.person.number}")
    del message["from"]
    profile = {"name": told.person.name, "username": f"user.{told.person.number % 10**6}"}
    contact = {"profile": profile, "user_id": message["from_user_id"]}
    return _whatsapp(told, _change(told, contacts=[contact], messages=[message])), [Click(message["id"], told.ad.id)]


def _click_among_others(told: Scene) -> Told:
    """Several messages, in several changes; only the one that follows the click has a referral, and it comes twice."""
    clicked = _message(told, referral=_referral(told))
    second, third = (_message(told.later(seconds), f"message {seconds}") for seconds in (30, 75))
    changes = (_messages(told, third, clicked), _statuses(told), _messages(told, second, clicked))
    document = _whatsapp(told, *changes[:2])
    document["entry"] += _whatsapp(told, *changes[2:])["entry"]
    return document, [Click(clicked["id"], told.ad.id)]


def _message_alone(told: Scene) -> Told:
    return _whatsapp(told, _messages(told, _message(told))), []


def _from_a_post(told: Scene) -> Told:
    """A post has an id of its own: it is no ad."""
    post = {"source_type": "post", "source_id": f"{told.page.id}_{told.number_of('post')}"}
    return _whatsapp(told, _messages(told, _message(told, referral=_referral(told) | post))), []


def _statuses(told: Scene) -> Json:
    recipient = told.person.phone
    sent, read = (
        {
            "id": _wamid(told, "answer"),
            "status": status,
            "timestamp": str(told.seconds + later),
            "recipient_id": recipient,
        }
        for status, later in (("sent", 10), ("read", 40))
    )
    conversation = {"id": told.world.digest(_wamid(told)).hex()[:32], "origin": {"type": "referral_conversion"}}
    pricing = {"billable": False, "pricing_model": "PMP", "type": "free_entry_point", "category": "referral_conversion"}
    return _change(told, statuses=[sent | {"conversation": conversation, "pricing": pricing}, read])


def _statuses_alone(told: Scene) -> Told:
    return _whatsapp(told, _statuses(told)), []


def _another_field(told: Scene) -> Told:
    value = {
        "event": "APPROVED",
        "message_template_id": told.number_of("template"),
        "message_template_name": "bienvenida",
    }
    return _whatsapp(told, {"value": value, "field": "message_template_status_update"}), []


def _ycloud(told: Scene, event: str, **parts: Any) -> Json:
    head = {"id": f"evt_{told.token('event', 24)}", "type": event, "apiVersion": "v2", "createTime": _rfc3339(told)}
    return head | parts


def _rfc3339(told: Scene) -> str:
    return f"{told.at:%Y-%m-%dT%H:%M:%S}.000Z"


def _inbound(told: Scene, **more: Any) -> Json:
    message = {
        "id": told.token("ycloud message", 24),
        "wamid": _wamid(told),
        "wabaId": told.owned("waba"),
        "from": f"+{told.person.phone}",
        "customerProfile": {"name": told.person.name},
        "to": f"+{told.business_phone}",
        "sendTime": _rfc3339(told),
    }
    return _ycloud(told, "whatsapp.inbound_message.received", whatsappInboundMessage=message | _content(told) | more)


def _ycloud_click(told: Scene) -> Told:
    return _inbound(told, referral=_referral(told)), [Click(_wamid(told), told.ad.id)]


def _ycloud_message(told: Scene) -> Told:
    return _inbound(told), []


def _outbound(told: Scene) -> Json:
    ids = {"id": told.token("ycloud answer", 24), "wamid": _wamid(told, "answer"), "wabaId": told.owned("waba")}
    return ids | {"from": f"+{told.business_phone}", "to": f"+{told.person.phone}"}


def _ycloud_status(told: Scene) -> Told:
    return _ycloud(told, "whatsapp.message.updated", whatsappMessage=_outbound(told) | {"status": "delivered"}), []


def _ycloud_echo(told: Scene) -> Told:
    message = _outbound(told) | {"type": "text", "text": {"body": "¡Hola! Te leemos"}, "sendTime": _rfc3339(told)}
    return _ycloud(told, "whatsapp.smb.message.echoes", whatsappMessage=message), []


# Of 256.
WHATSAPP: Shares = (
    (150, _click),
    (12, _click_of_a_hidden_number),
    (30, _click_among_others),
    (26, _statuses_alone),
    (20, _message_alone),
    (12, _from_a_post),
    (6, _another_field),
)
YCLOUD: Shares = ((180, _ycloud_click), (36, _ycloud_message), (28, _ycloud_status), (12, _ycloud_echo))
