"""The full form → the campaign it means: defaults laid under, keys unique, everything checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from metaads_cli.campaign_file import facts
from metaads_cli.campaign_file.amounts import wrong_amount
from metaads_cli.campaign_file.checks import (
    CHATS,
    MEDIA,
    Delivery,
    check_delivery,
    check_media,
    check_special_categories,
)
from metaads_cli.campaign_file.creatives import Layer, Layers, check_name
from metaads_cli.campaign_file.document import Document
from metaads_cli.campaign_file.fields import LONGEST_NAME
from metaads_cli.campaign_file.full_form import (
    AdDefaults,
    AdSetDefaults,
    BudgetPart,
    CampaignPart,
    CreativePart,
    FullFile,
    GuardPart,
    SchedulePart,
    given,
)
from metaads_cli.campaign_file.nodes import ListNode, MapNode, ScalarNode, node_at
from metaads_cli.campaign_file.problems import Loc
from metaads_cli.campaign_file.targeting import with_advantage
from metaads_cli.models.campaign import (
    AdSetSpec,
    AdSpec,
    Budget,
    CampaignSpec,
    CreativeSpec,
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


@dataclass(frozen=True)
class _Written:
    """Where an ad is written, and the layers of its creative, the last of which is the ad's own or its variant's."""

    loc: Loc
    key: str
    name: str
    layers: Sequence[Layer] | None


class _FullReader:
    """Reads part by part, so that what is wrong with one part hides nothing of the others."""

    def __init__(self, doc: Document):
        self._doc = doc
        self._campaign = doc.part(CampaignPart, ("campaign",))
        self._defaults = doc.part(AdSetDefaults, ("defaults", "adset"))
        self._defaults_sound = self._defaults is not None or not doc.has(("defaults", "adset"))
        self._guard = doc.part(GuardPart, ("guard",))
        self._read: list[_AdSet] = []
        self._named_creatives: set[str] = set()

    def adsets(self) -> list[AdSetSpec]:
        """Those without problems."""
        self._unique_keys(("adsets",))
        found = [self._adset(("adsets", index)) for index in range(_length(self._doc, ("adsets",)))]
        return [one for one in found if one is not None]

    def check(self) -> None:
        """What concerns the file as a whole."""
        doc = self._doc
        if self._campaign is not None:
            categories = self._campaign.special_ad_categories
            countries = self._campaign.special_ad_category_countries
            check_special_categories(doc, ("campaign",), categories, countries)
            self._check_campaign_budget(self._campaign)
        publish, auto = (_value(doc, (name,)) for name in ("publish", "auto_publish"))
        if isinstance(publish, bool) and isinstance(auto, bool) and publish != auto:
            doc.problem(("auto_publish",), "publish and auto_publish are the same thing, and differ here")
        for loc in [("defaults", "ad"), ("defaults", "creative"), *self._creative_locs()]:
            check_media(doc, loc)
        for loc in self._creative_locs():
            if loc[1] not in self._named_creatives:
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

    def _unique_keys(self, loc: Loc) -> None:
        seen: dict[Any, int] = {}
        for index in range(_length(self._doc, loc)):
            at = (*loc, index, "key")
            key = _value(self._doc, at)
            if key is not None and key in seen:
                self._doc.problem(at, f"the key `{str(key)[:64]}` is taken on line {seen[key]}: keys are unique")
            elif key is not None:
                seen[key] = self._doc.place(at).line

    # Ad sets

    def _adset(self, loc: Loc) -> AdSetSpec | None:
        one = self._merged(loc)
        self._read.append(one)
        if one.is_sound:
            self._check_adset(one)
        ads = self._ads(one)
        key, name = (_value(self._doc, (*loc, part)) for part in ("key", "name"))
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
        self._check_schedule(one)
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
        currency = _value(self._doc, ("currency",))
        if amount is None or currency not in facts.rules()["currency_offsets"]:
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
        if self._campaign_pays and values.bid_strategy is not None:
            self._doc.problem(self._where(one, "bid_strategy"), "with budget_mode campaign the campaign has it")
            return
        inherited = campaign.bid_strategy if self._campaign_pays and campaign else None
        strategy = values.bid_strategy or inherited or _LOWEST_COST
        loc = self._where(one, "bid_amount")
        self._check_amount(loc, values.bid_amount)
        if strategy in facts.CAPPED and values.bid_amount is None:
            self._doc.problem(loc, f"`bid_amount` is missing here: {strategy} needs it")
        if strategy not in facts.CAPPED and values.bid_amount is not None:
            self._doc.problem(loc, f"a bid_amount needs the bid_strategy bid_cap or cost_cap, not {strategy}")

    def _check_schedule(self, one: _AdSet) -> None:
        latest = self._guard.latest_end if self._guard else None
        end = one.values.schedule.end if one.values.schedule else None
        if latest is None:
            return
        if end is None:
            told = f"has no end, and guard.latest_end is {latest}"
            self._doc.problem(self._schedule_end(one), told, safety=True)
        elif end.date() > latest:
            told = f"ends on {end:%Y-%m-%d}, after guard.latest_end, {latest}"
            self._doc.problem(self._schedule_end(one), told, safety=True)

    def _check_guarded_total(self) -> None:
        limit = self._guard.max_daily_total if self._guard else None
        campaign = self._campaign
        if limit is None or campaign is None or not all(one.is_sound for one in self._read):
            return
        if self._campaign_pays:
            # The campaign spends its budget while any of its ad sets runs.
            paid = [(campaign.budget, [one.values.schedule for one in self._read])]
        else:
            paid = [(one.values.budget, [one.values.schedule]) for one in self._read]
        shares = [_per_day(budget, schedules) for budget, schedules in paid if budget is not None]
        known = [one for one in shares if one is not None]
        loc = ("guard", "max_daily_total")
        if len(known) < len(shares):
            told = "can only be held against a lifetime budget that has a schedule with `start` and `end`"
            self._doc.problem(loc, told, safety=True)
        elif sum(known) > Fraction(limit):
            told = f"all budgets together come to {_shown(sum(known))} a day, more than guard.max_daily_total, {limit}"
            self._doc.problem(loc, told, safety=True)

    # Ads

    def _ads(self, one: _AdSet) -> list[AdSpec]:
        loc = (*one.loc, "ads")
        self._unique_keys(loc)
        name = _value(self._doc, (*one.loc, "name"))
        written = [
            ad for index in range(_length(self._doc, loc)) for ad in self._written((*loc, index), str(name or ""))
        ]
        self._check_expanded(written, str(name or ""))
        ads = []
        for ad in written:
            spec = self._creative(one, ad)
            if spec is not None:
                ads.append(AdSpec(key=ad.key, name=ad.name, creative=spec, place=self._doc.place(ad.loc)))
        return ads

    def _written(self, loc: Loc, adset_name: str) -> Iterator[_Written]:
        """The ad, or one for each of its variants."""
        check_media(self._doc, loc)
        key = str(_value(self._doc, (*loc, "key")) or "")
        name = _value(self._doc, (*loc, "name"))
        ad = self._doc.part(AdDefaults, loc, without=("key", "name", "variants"))
        base = str(name or f"{adset_name} | {key}")
        if not self._doc.has((*loc, "variants")):
            yield _Written(loc, key, base, self._layers(loc, ad))
            return
        self._unique_keys((*loc, "variants"))
        for index in range(_length(self._doc, (*loc, "variants"))):
            at: Loc = (*loc, "variants", index)
            check_media(self._doc, at)
            tail = str(_value(self._doc, (*at, "key")) or "")
            own = _value(self._doc, (*at, "name"))
            yield _Written(at, f"{key}-{tail}", str(own or f"{base}-{tail}"), self._layers(loc, ad, at))

    def _layers(self, loc: Loc, ad: AdDefaults | None, variant: Loc | None = None) -> list[Layer] | None:
        """From the bottom up: the named creative, the defaults for ads, the ad, its variant.

        None where one of them could not be read.
        """
        default = self._doc.part(AdDefaults, ("defaults", "ad"))
        own = self._doc.part(AdDefaults, variant, without=("key", "name")) if variant else None
        if ad is None or (variant and own is None) or (default is None and self._doc.has(("defaults", "ad"))):
            return None
        above: list[tuple[Loc, AdDefaults]] = [(("defaults", "ad"), default)] if default else []
        above.append((loc, ad))
        if variant and own:
            above.append((variant, own))
            self._check_variant(loc, variant)
        where, name = next(((at, part.creative) for at, part in reversed(above) if part.creative), ((), None))
        bottom = self._named((*where, "creative"), name)
        return None if bottom is None else [*bottom, *above]

    def _check_variant(self, ad: Loc, variant: Loc) -> None:
        """What the ad says goes over creatives, also over one that a variant names."""
        own = next((name for name in MEDIA if self._doc.has((*ad, name))), None)
        if own and self._doc.has((*variant, "creative")) and not any(self._doc.has((*variant, n)) for n in MEDIA):
            told = f"the ad's own {own} goes over this creative's medium: give the {own} in the variants that show it"
            self._doc.problem((*variant, "creative"), told)

    def _named(self, where: Loc, name: str | None) -> list[Layer] | None:
        layers: list[Layer] = []
        locs: list[Loc] = [("defaults", "creative")]
        if name is not None:
            if not check_name(self._doc, where, name):
                return None
            self._named_creatives.add(name)
            locs.append(("creatives", name))
        for loc in locs:
            part = self._doc.part(CreativePart, loc)
            if part is not None:
                layers.append((loc, part))
            elif self._doc.has(loc):
                return None
        return layers

    def _check_expanded(self, ads: list[_Written], adset_name: str) -> None:
        variant_of_key: dict[str, bool] = {}
        for ad in ads:
            is_variant = "variants" in ad.loc
            if ad.key in variant_of_key and (is_variant or variant_of_key[ad.key]):
                self._doc.problem((*ad.loc, "key"), f"this comes to the key `{ad.key}`, which another ad has")
            if len(ad.key) > 64 and is_variant:
                self._doc.problem((*ad.loc, "key"), "the keys of ad and variant come to more than 64 characters")
            if len(ad.name) > LONGEST_NAME >= len(adset_name) and not self._doc.has((*ad.loc, "name")):
                told = (
                    f"`name` is missing here: the ad set's name and the key come to more than {LONGEST_NAME} characters"
                )
                self._doc.problem((*ad.loc, "name"), told)
            variant_of_key[ad.key] = is_variant

    def _creative(self, one: _AdSet, ad: _Written) -> CreativeSpec | None:
        if ad.layers is None:
            return None
        destination = _destination(one.values)
        spec = Layers(self._doc, ad.layers).spec(destination, destination_known=self._destination_known(one))
        if spec is not None and spec.welcome_message and one.is_sound and destination not in CHATS:
            self._doc.warn(ad.loc, "a welcome_message is for chats: nobody will see it")
        return spec

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


def _value(doc: Document, loc: Loc) -> Any:
    node = node_at(doc.root, loc)
    return node.value if isinstance(node, ScalarNode) else None


def _length(doc: Document, loc: Loc) -> int:
    node = node_at(doc.root, loc)
    return len(node.items) if isinstance(node, ListNode) else 0


def _per_day(budget: BudgetPart, schedules: list[SchedulePart | None]) -> Fraction | None:
    """On average, for a lifetime budget; None where its days are not known before it runs."""
    if budget.daily is not None:
        return Fraction(budget.daily)
    spans = [(one.start, one.end) for one in schedules if one is not None and one.start and one.end]
    if len(spans) < len(schedules) or not spans or budget.lifetime is None:
        return None
    length = max(end for _, end in spans) - min(start for start, _ in spans)
    return Fraction(budget.lifetime) / max(Fraction(1), Fraction(length // timedelta(seconds=1), 86_400))


def _shown(amount: Fraction | int) -> str:
    """With two decimals, rounded up: an amount that is over its limit must not look like the limit."""
    cents = -(-amount.numerator * 100 // amount.denominator)
    return f"{cents // 100}.{cents % 100:02}"
