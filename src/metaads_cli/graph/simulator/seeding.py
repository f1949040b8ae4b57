"""The world as it is found: accounts of clinics with campaigns in every state, out of a seed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from metaads_cli.graph.simulator import money
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.statuses import effective_status
from metaads_cli.graph.simulator.world import SYSTEM_USER, Node, World

TREATMENTS = ("Implantes", "Ortodoncia", "Blanqueamiento", "Botox", "Limpieza", "Depilación láser", "Lentes")
AUDIENCES = ("Mujeres 25-45", "Zona norte", "Retargeting", "Intereses salud", "Lookalike", "Abierto")
FORMATS = ("Video testimonio", "Antes y después", "Carrusel precios", "Foto consultorio", "Reel doctora")
FIRST_START = datetime(2025, 1, 6, 12, tzinfo=UTC)
STARTS_WITHIN_DAYS = 600


@dataclass(frozen=True)
class Purpose:
    """What a campaign is for, and what its ad sets optimise."""

    label: str
    objective: str
    destination: str | None
    goal: str


PURPOSES = (
    Purpose("WhatsApp", "OUTCOME_ENGAGEMENT", "WHATSAPP", "CONVERSATIONS"),
    Purpose("Formulario", "OUTCOME_LEADS", "ON_AD", "LEAD_GENERATION"),
    Purpose("WhatsApp", "OUTCOME_SALES", "WHATSAPP", "CONVERSATIONS"),
    Purpose("Web", "OUTCOME_SALES", "WEBSITE", "OFFSITE_CONVERSIONS"),
    Purpose("Tráfico", "OUTCOME_TRAFFIC", None, "LINK_CLICKS"),
    Purpose("Alcance", "OUTCOME_AWARENESS", None, "REACH"),
)
# One campaign in six is paused and one archived; `varied` plans also hold paused, archived and deleted ads.
CAMPAIGN_STATUSES = ("ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "PAUSED", "ARCHIVED")
AD_STATUSES = {(0, 2): "ARCHIVED", (1, 2): "DELETED", (1, 1): "PAUSED"}


@dataclass(frozen=True)
class AccountPlan:
    """An ad account and how much is in it. Not `varied`: everything active; `idle_percent` of ad days have no row."""

    number: str
    name: str = "Clínica"
    currency: str = "ARS"
    timezone_name: str = "America/Argentina/Buenos_Aires"
    country: str = "AR"
    campaigns: int = 6
    ad_sets: int = 2
    ads: int = 3
    varied: bool = True
    idle_percent: int = 5
    has_whatsapp: bool = True


@dataclass(frozen=True)
class WorldPlan:
    accounts: tuple[AccountPlan, ...] = field(default_factory=tuple)


DEFAULT = WorldPlan(
    (
        AccountPlan("1000000000000001", "Clínica Norte"),
        AccountPlan("1000000000000002", "Clínica Sur", "COP", "America/Bogota", "CO"),
    )
)


def populate(world: World, plan: WorldPlan) -> None:
    """Put the plan's accounts into the world, with the token's user."""
    values = {"name": "metaads system user"}
    world.add(Kind.USER, "", values, SYSTEM_USER)
    for account in plan.accounts:
        open_account(world, account)


def open_account(world: World, plan: AccountPlan) -> Node:
    """One account with its page and campaigns; each is a function of the seed and the account's number alone.

    An account of that number that is there already is given back as it is.
    """
    before = world.nodes.get(f"act_{plan.number}")
    if before is not None:
        return before
    page = _page(world, plan)
    account = world.add(Kind.ACCOUNT, plan.number, _account_values(plan, page), f"act_{plan.number}")
    for index in range(plan.campaigns):
        _campaign(world, plan, index)
    return account


def _account_values(plan: AccountPlan, page: Node) -> dict[str, Any]:
    return {
        "account_id": plan.number,
        "name": plan.name,
        "account_status": 1,
        "currency": plan.currency,
        "timezone_name": plan.timezone_name,
        "business_country_code": plan.country,
        "created_time": FIRST_START - timedelta(days=30),
        "disable_reason": 0,
        "amount_spent": "0",
        "spend_cap": "0",
        "balance": "0",
        "idle_percent": plan.idle_percent,
        "page_id": page.id,
    }


def _page(world: World, plan: AccountPlan) -> Node:
    number = world.number("page", plan.number)
    values = {
        "name": plan.name,
        "category": "Medical clinic",
        "link": f"https://www.facebook.com/{number % 10**15:015}",
        "has_whatsapp_number": plan.has_whatsapp,
        "has_whatsapp_business_number": plan.has_whatsapp,
        "whatsapp_number": f"+54911{number % 10**8:08}" if plan.has_whatsapp else "",
        "is_published": True,
        "instagram_business_account": {"id": f"17841{number % 10**12:012}"},
        "owner": plan.number,
    }
    return world.add(Kind.PAGE, "", values, f"1{number % 10**14:014}")


def _campaign(world: World, plan: AccountPlan, index: int) -> None:
    number = world.number("campaign", plan.number, index)
    purpose = PURPOSES[index % len(PURPOSES)]
    start = FIRST_START + timedelta(days=number % STARTS_WITHIN_DAYS, minutes=number % 400)
    own_budget = index % 2 == 1
    values = {
        "name": f"{TREATMENTS[number % len(TREATMENTS)]} | {purpose.label} | {index + 1:02}",
        "objective": purpose.objective,
        "special_ad_categories": [],
        "is_adset_budget_sharing_enabled": False,
        "bid_strategy": "LOWEST_COST_WITHOUT_CAP" if own_budget else None,
        "daily_budget": money.minor_units(Decimal(20), plan.currency) if own_budget else None,
        "start_time": start,
    }
    status = CAMPAIGN_STATUSES[index % len(CAMPAIGN_STATUSES)] if plan.varied else "ACTIVE"
    campaign = place(world, Kind.CAMPAIGN, plan.number, values, Past(start, f"campaign|{index}", status))
    for position in range(plan.ad_sets):
        _ad_set(world, plan, purpose, campaign, position)


def _ad_set(world: World, plan: AccountPlan, purpose: Purpose, campaign: Node, position: int) -> None:
    number = world.number("ad set", campaign.id, position)
    start = campaign.values["start_time"]
    values = {
        "name": f"{AUDIENCES[number % len(AUDIENCES)]} | {position + 1:02}",
        "campaign_id": campaign.id,
        "optimization_goal": purpose.goal,
        "billing_event": "IMPRESSIONS",
        "destination_type": purpose.destination,
        "promoted_object": _promoted(world, plan, purpose),
        "targeting": {
            "geo_locations": {"countries": [plan.country]},
            "targeting_automation": {"advantage_audience": 0},
        },
        "attribution_spec": [
            {"event_type": "CLICK_THROUGH", "window_days": 7},
            {"event_type": "VIEW_THROUGH", "window_days": 1},
        ],
        "bid_strategy": None if campaign.values["daily_budget"] else "LOWEST_COST_WITHOUT_CAP",
        "daily_budget": None if campaign.values["daily_budget"] else money.minor_units(Decimal(10), plan.currency),
        "start_time": start,
    }
    paused = plan.varied and position and number % 3 == 0
    past = Past(start, f"{campaign.id}|{position}", "PAUSED" if paused else "ACTIVE")
    ad_set = place(world, Kind.AD_SET, plan.number, values, past)
    for index in range(plan.ads):
        status = AD_STATUSES.get((position, index), "ACTIVE") if plan.varied else "ACTIVE"
        ad_under(world, ad_set, f"{ad_set.id}|{index}", status)


def _promoted(world: World, plan: AccountPlan, purpose: Purpose) -> dict[str, str]:
    promoted = {"page_id": str(world.nodes[f"act_{plan.number}"].values["page_id"])}
    if purpose.goal == "OFFSITE_CONVERSIONS":
        promoted |= {"pixel_id": str(world.number("pixel", plan.number) % 10**15), "custom_event_type": "PURCHASE"}
    return promoted


def ad_under(world: World, ad_set: Node, key: str, status: str = "ACTIVE", ad_id: str | None = None) -> Node:
    """An ad of the ad set, with its creative, as old as the ad set."""
    page = world.nodes[world.account_of(ad_set).values["page_id"]]
    number = world.number("ad", key)
    name = f"{FORMATS[number % len(FORMATS)]} {number % 90 + 10}"
    story = {"page_id": page.id, "link_data": {"name": name, "message": "Escribinos", "link": "https://fb.me/x"}}
    creative = {
        "name": name,
        "object_story_spec": story,
        "object_story_id": f"{page.id}_{number % 10**15:015}",
        "thumbnail_url": f"https://scontent.example/{number % 10**12}.jpg",
        "title": name,
        "body": "Escribinos",
    }
    start = ad_set.values["created_time"]
    made = place(world, Kind.CREATIVE, ad_set.account, creative, Past(start, f"creative|{key}"))
    values = {
        "name": name,
        "adset_id": ad_set.id,
        "campaign_id": ad_set.values["campaign_id"],
        "creative_id": made.id,
        "reviewed": True,
    }
    return place(world, Kind.AD, ad_set.account, values, Past(start, f"ad|{key}", status, ad_id))


@dataclass(frozen=True)
class Past:
    """Since when an object exists, and what became of it. Its id is the one given, or follows from the key."""

    start: datetime
    key: str
    status: str = "ACTIVE"
    object_id: str | None = None


def place(world: World, kind: Kind, account: str, values: dict[str, Any], past: Past) -> Node:
    """An object that was there before the simulator; one that is no longer active has delivered for a while."""
    values = values | {"status": past.status, "created_time": past.start}
    node = world.add(kind, account, values, past.object_id or world.new_id(kind, account, past.key))
    lived = timedelta(days=30 + world.number("lived", node.id) % 90)
    end = None if past.status == "ACTIVE" else past.start + lived
    node.active = [(past.start, end)]
    node.values["updated_time"] = end or past.start
    return node


def adopt(world: World, plan: AccountPlan, ad_ids: Iterable[str]) -> Node:
    """Open the plan's account, unless it is there, and make the ids ads of it: so that stub mode knows a user's own.

    What they are and deliver depends on the seed, the plan and each id alone. Raises ValueError as `adopt_ad`.
    """
    account = open_account(world, plan)
    for ad_id in ad_ids:
        adopt_ad(world, ad_id, plan.number)
    return account


def adopt_ad(world: World, ad_id: str, account_number: str | None = None) -> Node:
    """Make the id an ad of the account (default: the first), under the active ad set that its digits choose.

    An ad that is there already is given back as it is. Raises ValueError for an account that is not there or has no
    ad sets, and for an id that belongs to another account or is something else.
    """
    before = world.nodes.get(ad_id)
    if before is not None:
        return _adopted(before, account_number)
    account = world.nodes.get(f"act_{account_number}") if account_number else world.all_of(Kind.ACCOUNT)[0]
    if account is None:
        raise ValueError(f"There is no account act_{account_number}: open it first")
    ad_sets = world.children(account.id, Kind.AD_SET)
    delivering = [one for one in ad_sets if effective_status(world, one) == "ACTIVE"] or ad_sets
    if not delivering:
        raise ValueError(f"{account.id} has no ad set to put the ad under")
    ad_set = delivering[world.number("adopt", ad_id) % len(delivering)]
    return ad_under(world, ad_set, ad_id, ad_id=ad_id)


def _adopted(before: Node, account_number: str | None) -> Node:
    if before.kind is not Kind.AD:
        raise ValueError(f"{before.id} is no ad but a {before.kind}")
    if account_number not in {None, before.account}:
        raise ValueError(f"{before.id} is an ad of act_{before.account}, not of act_{account_number}")
    return before


def invent(world: World, object_id: str, account: str | None) -> Node | None:
    """For an open world: the account or ad that an unknown id stands for."""
    if re.fullmatch(r"act_\d{1,32}", object_id):
        return open_account(world, _invented(object_id.removeprefix("act_")))
    if re.fullmatch(r"1202\d{14}", object_id) and world.all_of(Kind.AD_SET):
        if account:
            open_account(world, _invented(account))
        return adopt_ad(world, object_id, account)
    return None


def _invented(number: str) -> AccountPlan:
    return AccountPlan(number, f"Clínica {number[-4:]}")
