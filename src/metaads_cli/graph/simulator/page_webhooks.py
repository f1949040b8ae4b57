"""The bodies of webhooks of pages: Messenger, Instagram, lead forms (README 5.5 to 5.7)."""

from typing import Any

from metaads_cli.graph.simulator.clicks import Channel, Click, Json, Scene, Shares, Told
from metaads_cli.graph.simulator.leads import lead_of


def _ad_context(told: Scene) -> Json:
    shown = told.creative
    context = {
        "ad_title": shown.get("headline", "Anuncio"),
        "photo_url": shown["picture"],
        "post_id": told.owned("post"),
    }
    return {"ad_id": told.ad.id, "source": "ADS", "type": "OPEN_THREAD", "ads_context_data": context}


def _mid(told: Scene, name: str = "message") -> str:
    return f"m_{told.token(name)}"


def _event(told: Scene, **parts: Any) -> Json:
    ids = {"sender": {"id": str(told.person.number)}, "recipient": {"id": _receiver(told)}}
    return ids | {"timestamp": told.milliseconds} | parts


def _receiver(told: Scene) -> str:
    return told.instagram_id if told.channel is Channel.INSTAGRAM else told.page.id


def _thread(told: Scene, *events: Json) -> Json:
    entry = {"id": _receiver(told), "time": told.milliseconds + 200, "messaging": list(events)}
    return {"object": "instagram" if told.channel is Channel.INSTAGRAM else "page", "entry": [entry]}


def _written(told: Scene, name: str = "message", **more: Any) -> Json:
    return _event(told, message={"mid": _mid(told, name), "text": told.text} | more)


def _first_message(told: Scene) -> Told:
    """A new thread: the referral is in the first message."""
    return _thread(told, _written(told, referral=_ad_context(told))), [Click(_mid(told), told.ad.id)]


def _get_started(told: Scene) -> Told:
    """A new thread by "Get Started": the referral is in the postback."""
    postback = {"mid": _mid(told), "title": "Empezar", "payload": "GET_STARTED", "referral": _ad_context(told)}
    return _thread(told, _event(told, postback=postback)), [Click(_mid(told), told.ad.id)]


def _known_thread(told: Scene) -> Told:
    """An existing thread: the referral is an event of its own, without an id."""
    return _thread(told, _event(told, referral=_ad_context(told))), [Click(None, told.ad.id)]


def _thread_with_others(told: Scene) -> Told:
    """Several events of a thread at once: an echo of the answer, a receipt, another message, and the click's twice."""
    clicked = _written(told, referral=_ad_context(told))
    echo = _written(told.later(20), "echo", is_echo=True, app_id=told.number_of("app"))
    receipt = _event(told.later(25), delivery={"mids": [_mid(told, "echo")], "watermark": told.milliseconds})
    more = _written(told.later(60), "more")
    return _thread(told, echo, clicked, receipt, more, clicked), [Click(_mid(told), told.ad.id)]


def _link(told: Scene) -> Told:
    """By an m.me or ig.me link: no ad."""
    source = "IGME-SOURCE-LINK" if told.channel is Channel.INSTAGRAM else "SHORTLINK"
    return _thread(told, _event(told, referral={"ref": "web_footer", "source": source, "type": "OPEN_THREAD"})), []


def _plain_message(told: Scene) -> Told:
    return _thread(told, _written(told)), []


def _product(told: Scene) -> Told:
    return _thread(told, _written(told, referral={"product": {"id": str(told.number_of("product"))}})), []


def _lead(told: Scene, *, organic: bool = False) -> Json:
    """Without the answers: those are asked for by its id."""
    lead = lead_of(told, organic=organic)
    return {
        "leadgen_id": lead.id,
        "page_id": lead.values["page_id"],
        "form_id": lead.values["form_id"],
        "created_time": int(lead.values["created_time"].timestamp()),
    }


def _leads(told: Scene, *leads: Json) -> Json:
    changes = [{"field": "leadgen", "value": lead} for lead in leads]
    return {"object": "page", "entry": [{"id": told.page.id, "time": told.seconds + 3, "changes": changes}]}


def _lead_of_an_ad(told: Scene) -> Told:
    """Ids come as texts or as numbers (README 5.7)."""
    lead = _lead(told) | {"ad_id": told.ad.id, "adgroup_id": told.ad.id}
    if told.draw[4] < 100:
        numbers = {"leadgen_id", "page_id", "form_id", "ad_id", "adgroup_id"}
        lead = {key: int(value) if key in numbers else value for key, value in lead.items()}
    return _leads(told, lead), [Click(str(lead["leadgen_id"]), told.ad.id)]


def _several_leads(told: Scene) -> Told:
    """One of an ad, which comes twice, and one that nobody paid for."""
    lead = _lead(told) | {"ad_id": told.ad.id, "adgroup_id": told.ad.id}
    return _leads(told, lead, _lead(told, organic=True), lead), [Click(lead["leadgen_id"], told.ad.id)]


def _organic_lead(told: Scene) -> Told:
    return _leads(told, _lead(told, organic=True)), []


# Of 256.
MESSENGER: Shares = (
    (76, _first_message),
    (54, _get_started),
    (54, _known_thread),
    (30, _thread_with_others),
    (20, _link),
    (22, _plain_message),
)
INSTAGRAM: Shares = (
    (110, _first_message),
    (60, _known_thread),
    (30, _thread_with_others),
    (20, _link),
    (22, _plain_message),
    (14, _product),
)
LEADGEN: Shares = ((190, _lead_of_an_ad), (30, _several_leads), (36, _organic_lead))
