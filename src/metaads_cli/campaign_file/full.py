"""The full form → the campaign it means: defaults laid under, keys unique, everything checked."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from metaads_cli.campaign_file import facts
from metaads_cli.campaign_file.ads import AdReader
from metaads_cli.campaign_file.amounts import wrong_amount
from metaads_cli.campaign_file.checks import (
    Delivery,
    check_delivery,
    check_media,
    check_special_categories,
)
from metaads_cli.campaign_file.document import Document
from metaads_cli.campaign_file.full_form import (
    AdSetDefaults,
    BudgetPart,
    CampaignPart,
    FullFile,
    GuardPart,
    SchedulePart,
    given,
)
from metaads_cli.campaign_file.guard import check_end, check_total
from metaads_cli.campaign_file.nodes import MapNode, node_at
from metaads_cli.campaign_file.problems import Loc
from metaads_cli.campaign_file.targeting import with_advantage
from metaads_cli.models.campaign import (
    AdSetSpec,
    AdSpec,
    Budget,
    CampaignSpec,
    Destination,
    Guard,
    Schedule,
)
from metaads_cli.models.money import minor_units_per_major

_LOWEST_COST = "LOWEST_COST_WITHOUT_CAP"
_DAY = timedelta(hours=24)


def read_full(doc: Document) -> CampaignSpec | None:
    """None where the document has problems, which it then holds."""
    file = doc.check(FullFile)
    reader = _FullReader(doc)
    adsets = reader.adsets()
    reader.check()
    return None if file is None or doc.problems else _campaign(doc, file, tuple(adsets))


@dataclass(frozen=True)
class _AdSet:
    """An ad set with the defaults laid under; `is_sound` where all of it could be read."""

    loc: Loc
    values: AdSetDefaults
    is_sound: bool


class _FullReader:
    """Reads part by part, so that what is wrong with one part hides nothing of the others."""

    def __init__(self, doc: Document):
        self._doc = doc
        self._campaign = doc.part(CampaignPart, ("campaign",))
        self._defaults = doc.part(AdSetDefaults, ("defaults", "adset"))
        self._defaults_sound = self._defaults is not None or not doc.has(("defaults", "adset"))
        self._guard = doc.part(GuardPart, ("guard",))
        self._read: list[_AdSet] = []
        self._ads = AdReader(doc)

    def adsets(self) -> list[AdSetSpec]:
        """Those without problems."""
        self._doc.check_unique_keys(("adsets",))
        found = [self._adset(("adsets", index)) for index in range(self._doc.length(("adsets",)))]
        return [one for one in found if one is not None]

    def check(self) -> None:
        """What concerns the file as a whole."""
        doc = self._doc
        if self._campaign is not None:
            categories = self._campaign.special_ad_categories
            countries = self._campaign.special_ad_category_countries
            check_special_categories(doc, ("campaign",), categories, countries)
            self._check_campaign_budget(self._campaign)
        publish, auto = (doc.value((name,)) for name in ("publish", "auto_publish"))
        if isinstance(publish, bool) and isinstance(auto, bool) and publish != auto:
            doc.problem(("auto_publish",), "publish and auto_publish are the same thing, and differ here")
        for loc in [("defaults", "ad"), ("defaults", "creative"), *self._creative_locs()]:
            check_media(doc, loc)
        for loc in self._creative_locs():
            if loc[1] not in self._ads.named:
                doc.warn(loc, "no ad shows this creative")
        self._check_guarded_total()

    def _creative_locs(self) -> list[Loc]:
        node = node_at(self._doc.root, ("creatives",))
        return [("creatives", name) for name in node.entries] if isinstance(node, MapNode) else []

    @property
    def _campaign_pays(self) -> bool:
        return self._campaign is not None and self._campaign.budget_mode == "campaign"

    def _check_campaign_budget(self, campaign: CampaignPart) -> None:
        loc = ("campaign", "budget")
        self._check_amounts(loc, campaign.budget)
        if self._campaign_pays and campaign.budget is None:
            self._doc.problem(loc, "`budget` is missing here: budget_mode is campaign")
        if not self._campaign_pays and campaign.budget is not None:
            told = "the campaign has a budget, and budget_mode is adset: budgets have one level only"
            self._doc.problem(loc, told, "budget_mode: campaign")
        if not self._campaign_pays and campaign.bid_strategy is not None:
            self._doc.problem(("campaign", "bid_strategy"), "with budget_mode adset the ad sets have the bid_strategy")

    # Ad sets

    def _adset(self, loc: Loc) -> AdSetSpec | None:
        one = self._merged(loc)
        self._read.append(one)
        if one.is_sound:
            self._check_adset(one)
        key, name = (self._doc.value((*loc, part)) for part in ("key", "name"))
        destination = _destination(one.values)
        ads = self._ads.ads(loc, str(name or ""), destination, destination_known=self._destination_known(one))
        return self._spec(one, str(key), str(name), ads) if one.is_sound and not self._doc.problems else None

    def _merged(self, loc: Loc) -> _AdSet:
        own = self._doc.part(AdSetDefaults, loc, without=("key", "name", "ads"))
        values = given(self._defaults)
        mine = given(own)
        if "audience" in mine or "targeting" in mine:
            values = {name: value for name, value in values.items() if name not in {"audience", "targeting"}}
        merged = AdSetDefaults.model_construct(**{**values, **mine})
        for at in (loc, ("defaults", "adset")):
            if self._doc.has((*at, "audience")) and self._doc.has((*at, "targeting")):
                self._doc.problem((*at, "targeting"), "audience and targeting exclude each other")
        return _AdSet(loc, merged, own is not None and self._defaults_sound)

    def _where(self, one: _AdSet, key: str) -> Loc:
        """Where the ad set has it from; the ad set, where it has it not."""
        if key == "audience" and (one.values.targeting is not None):
            key = "targeting"
        default: Loc = ("defaults", "adset", key)
        return default if not self._doc.has((*one.loc, key)) and self._doc.has(default) else (*one.loc, key)

    def _check_adset(self, one: _AdSet) -> None:
        values = one.values
        if values.optimize_for is None:
            self._missing(one, "optimize_for")
        if values.audience is None and values.targeting is None:
            self._missing(one, "audience", ": an audience is never invented")
        self._check_budget(one)
        self._check_bid(one)
        check_end(self._doc, self._guard, self._schedule_end(one), values.schedule)
        check_delivery(self._doc, self._delivery(one))

    def _missing(self, one: _AdSet, key: str, why: str = "") -> None:
        if not self._doc.misspelt(("defaults", "adset", key)):
            self._doc.problem(self._where(one, key), f"`{key}` is missing here, and in defaults.adset{why}")

    def _destination_known(self, one: _AdSet) -> bool:
        at = (one.loc, ("defaults", "adset"))
        return one.is_sound and not any(self._doc.misspelt((*loc, "destination")) for loc in at)

    def _delivery(self, one: _AdSet) -> Delivery:
        values, campaign = one.values, self._campaign
        return Delivery(
            where=lambda key: self._where(one, key),
            objective=campaign.objective if campaign else None,
            destination=_destination(values),
            goal=values.optimize_for if self._destination_known(one) else None,
            billing_event=values.billing_event or "IMPRESSIONS",
            has_page=self._doc.has(("page",)),
            has_pixel=values.pixel is not None,
            has_event=values.conversion_event is not None,
            targeting=_targeting(values)[0],
            special_categories=campaign.special_ad_categories if campaign else (),
            special_countries=campaign.special_ad_category_countries if campaign else (),
            has_advertiser=values.dsa_beneficiary is not None and values.dsa_payor is not None,
        )

    def _check_budget(self, one: _AdSet) -> None:
        budget = one.values.budget
        loc = self._where(one, "budget")
        self._check_amounts(loc, budget)
        if self._campaign is None:
            return
        if self._campaign_pays and budget is not None:
            self._doc.problem(loc, "budget_mode is campaign: budgets have one level only, so the ad set has none")
        if not self._campaign_pays and budget is None:
            self._missing(one, "budget")
        self._check_time_for(self._campaign.budget if self._campaign_pays else budget, one)

    def _check_amounts(self, loc: Loc, budget: BudgetPart | None) -> None:
        if budget is not None:
            self._check_amount((*loc, "daily"), budget.daily)
            self._check_amount((*loc, "lifetime"), budget.lifetime)

    def _check_amount(self, loc: Loc, amount: Decimal | None) -> None:
        """Against the currency that the file asserts; `check_amounts` is for the account's own."""
        currency = self._doc.value(("currency",))
        if amount is None or not isinstance(currency, str) or currency not in facts.rules()["currency_offsets"]:
            return
        told = wrong_amount(amount, currency, minor_units_per_major(currency))
        if told is not None:
            self._doc.problem(loc, told)

    def _check_time_for(self, budget: BudgetPart | None, one: _AdSet) -> None:
        schedule = one.values.schedule or SchedulePart()
        if budget is None:
            return
        if budget.lifetime is not None and schedule.end is None:
            self._doc.problem(self._schedule_end(one), "a lifetime budget needs a schedule with an `end`")
        short = schedule.start and schedule.end and schedule.end - schedule.start <= _DAY
        if budget.daily is not None and short:
            self._doc.problem(self._schedule_end(one), "a daily budget needs more than 24 hours from start to end")

    def _schedule_end(self, one: _AdSet) -> Loc:
        return (*self._where(one, "schedule"), "end")

    def _check_bid(self, one: _AdSet) -> None:
        values, campaign = one.values, self._campaign
        if campaign is None:
            return
        if self._campaign_pays and values.bid_strategy is not None:
            self._doc.problem(self._where(one, "bid_strategy"), "with budget_mode campaign the campaign has it")
            return
        inherited = campaign.bid_strategy if self._campaign_pays else None
        strategy = values.bid_strategy or inherited or _LOWEST_COST
        loc = self._where(one, "bid_amount")
        self._check_amount(loc, values.bid_amount)
        if strategy in facts.CAPPED and values.bid_amount is None:
            self._doc.problem(loc, f"`bid_amount` is missing here: {strategy} needs it")
        if strategy not in facts.CAPPED and values.bid_amount is not None:
            self._doc.problem(loc, f"a bid_amount needs the bid_strategy bid_cap or cost_cap, not {strategy}")

    def _check_guarded_total(self) -> None:
        campaign = self._campaign
        if campaign is None or not all(one.is_sound for one in self._read):
            return
        if self._campaign_pays:
            # The campaign spends its budget while any of its ad sets runs.
            paid = [(campaign.budget, [one.values.schedule for one in self._read])]
        else:
            paid = [(one.values.budget, [one.values.schedule]) for one in self._read]
        check_total(self._doc, self._guard, paid)

    def _spec(self, one: _AdSet, key: str, name: str, ads: list[AdSpec]) -> AdSetSpec:
        values, campaign = one.values, self._campaign
        inherited = campaign.bid_strategy if self._campaign_pays and campaign else None
        return AdSetSpec(
            key=key,
            name=name,
            ads=tuple(ads),
            targeting=self._explicit_targeting(one),
            destination=_destination(values),
            optimization_goal=values.optimize_for or "",
            billing_event=values.billing_event or "IMPRESSIONS",
            budget=budget_spec(self._doc, self._where(one, "budget"), values.budget),
            bid_strategy=values.bid_strategy or inherited or _LOWEST_COST,
            bid_amount=values.bid_amount,
            schedule=Schedule(**given(values.schedule)),
            pixel=values.pixel,
            conversion_event=values.conversion_event,
            whatsapp_number=values.whatsapp_number,
            dsa_beneficiary=values.dsa_beneficiary,
            dsa_payor=values.dsa_payor,
            place=self._doc.place(one.loc),
        )

    def _explicit_targeting(self, one: _AdSet) -> dict[str, Any]:
        targeting, added = _targeting(one.values)
        loc = self._where(one, "audience")
        if added:
            told = "advantage_audience is not said: set to 0, so that Meta does not widen the audience"
            self._doc.warn(loc, told)
        if one.values.audience is not None and one.values.audience.ages_are_a_suggestion():
            self._doc.warn((*loc, "age"), "with advantage: true these ages are a suggestion only")
        return targeting or {}


def _campaign(doc: Document, file: FullFile, adsets: tuple[AdSetSpec, ...]) -> CampaignSpec:
    campaign = file.campaign
    return CampaignSpec(
        key=file.key,
        name=campaign.name,
        objective=campaign.objective,
        special_ad_categories=tuple(campaign.special_ad_categories),
        special_ad_category_countries=tuple(campaign.special_ad_category_countries),
        adsets=adsets,
        tenant=file.tenant,
        account=file.account,
        currency=file.currency,
        page=file.page,
        instagram=file.instagram,
        budget=budget_spec(doc, ("campaign", "budget"), campaign.budget),
        bid_strategy=campaign.bid_strategy or _LOWEST_COST,
        publish=bool(file.publish or file.auto_publish),
        guard=Guard(**given(file.guard)),
        warnings=tuple(doc.warnings),
        place=doc.place(),
    )


def budget_spec(doc: Document, loc: Loc, budget: BudgetPart | None) -> Budget | None:
    if budget is None:
        return None
    name = "daily" if budget.daily is not None else "lifetime"
    return Budget(daily=budget.daily, lifetime=budget.lifetime, place=doc.place((*loc, name)))


def _destination(values: AdSetDefaults) -> Destination | None:
    return Destination(values.destination) if values.destination is not None else None


def _targeting(values: AdSetDefaults) -> tuple[dict[str, Any] | None, bool]:
    """As Meta takes it, and whether `advantage_audience` had to be added."""
    if values.audience is not None:
        return values.audience.as_targeting(), False
    return with_advantage(values.targeting) if values.targeting is not None else (None, False)
