"""The full form of a campaign file, as it is written."""

from typing import Any

from pydantic import Field, model_validator

from metaads_cli.campaign_file.fields import (
    Account,
    Amount,
    ApiVersion,
    BidStrategy,
    BillingEvent,
    BudgetMode,
    CallToAction,
    Clip,
    ConversionEvent,
    Country,
    Currency,
    Day,
    DestinationName,
    FilePath,
    Goal,
    Key,
    MetaId,
    Moment,
    Name,
    Objective,
    Part,
    Phone,
    SpecialCategory,
    Tenant,
    Text,
    Url,
    found,
    several,
    wrong,
)
from metaads_cli.campaign_file.targeting import Audience, RawTargeting


class BudgetPart(Part):
    """Exactly one of daily and lifetime, in the account's currency."""

    daily: Amount | None = Field(None, description="Per day, such as 45000.00")
    lifetime: Amount | None = Field(None, description="For the whole schedule, which then needs an end")

    @model_validator(mode="after")
    def _is_one(self) -> "BudgetPart":
        if (self.daily is None) == (self.lifetime is None):
            both = "daily and lifetime exclude each other" if self.daily else "a budget is daily or lifetime"
            raise wrong(both)
        return self


class SchedulePart(Part):
    """Local times of the ad account, without zone or offset."""

    start: Moment | None = Field(None, description="Such as 2026-12-01T08:00; left out, it starts when published")
    end: Moment | None = Field(None, description="Such as 2026-12-20T23:00; left out, it has no end")

    @model_validator(mode="after")
    def _ends_after_start(self) -> "SchedulePart":
        if self.start and self.end and self.end <= self.start:
            raise several([found(("end",), f"ends at {self.end:%Y-%m-%d %H:%M}, before it starts")])
        return self


class GuardPart(Part):
    """What the file itself must not exceed; exceeded, nothing is sent and the exit code is 8."""

    max_daily_total: Amount | None = Field(None, description="Of all daily budgets together, in the account's currency")
    latest_end: Day | None = Field(None, description="The last day on which anything may run, such as 2026-12-31")


class CreativePart(Part):
    """What an ad shows and says. Exactly one medium; a video needs a thumbnail."""

    image: FilePath | None = Field(None, description="A file, relative to the campaign file's folder")
    image_hash: Text | None = Field(None, description="An image the account has already")
    video: FilePath | None = Field(None, description="A file, relative to the campaign file's folder")
    video_id: MetaId | None = Field(None, description="A video the account has already")
    thumbnail: FilePath | None = Field(None, description="A video's image: a file")
    thumbnail_hash: Text | None = Field(None, description="A video's image: one the account has already")
    clip: Clip | None = Field(None, description="UUID of a clip of the host's")
    text: Text | None = Field(None, description="The text above the medium")
    headline: Text | None = Field(None, description="The bold line below the medium")
    description: Text | None = Field(None, description="The small line below the headline")
    link: Url | None = Field(None, description="Where a click leads, for the destination website")
    call_to_action: CallToAction | None = Field(None, description="The button; left out, the destination decides")
    welcome_message: Text | None = Field(None, description="What greets a person in the chat")
    url_tags: Text | None = Field(None, description="Appended to the link, such as utm_source=meta")


class AdDefaults(CreativePart):
    """What an ad shows: a creative by its name, and what is different."""

    creative: Text | None = Field(None, description="The name of one of `creatives`")


class Variant(CreativePart):
    """Another version of an ad: what it does not say is the ad's."""

    key: Key = Field(description="Appended to the ad's key: ad `a` and variant `b` are the ad `a-b`")
    name: Name | None = Field(None, description="Left out: the ad's name and the key")
    creative: Text | None = Field(None, description="The name of one of `creatives`")


class AdPart(AdDefaults):
    """An ad: a creative by its name, and what is different here. With variants, one ad for each of them."""

    key: Key = Field(description="Permanent, unique in its ad set")
    name: Name | None = Field(None, description="Left out: the ad set's name and the key")
    variants: list[Variant] | None = Field(None, min_length=1, description="Versions to be compared (A/B)")


class AdSetDefaults(Part):
    """What holds for all ad sets that do not say otherwise."""

    destination: DestinationName | None = Field(None, description="Where a click leads")
    optimize_for: Goal | None = Field(None, description="What Meta is to get most of")
    billing_event: BillingEvent | None = Field(None, description="What is paid for; impressions unless said")
    schedule: SchedulePart | None = Field(None, description="When it runs, in the account's time zone")
    budget: BudgetPart | None = Field(None, description="Daily or lifetime, in the account's currency")
    bid_strategy: BidStrategy | None = Field(None, description="lowest_cost unless said")
    bid_amount: Amount | None = Field(None, description="For bid_cap and cost_cap, in the account's currency")
    audience: Audience | None = Field(None, description="Who sees the ads")
    targeting: RawTargeting | None = Field(None, description="Instead of audience: as Meta's API takes it")
    pixel: MetaId | None = Field(None, description="For conversions on a website")
    conversion_event: ConversionEvent | None = Field(None, description="For conversions on a website, such as purchase")
    whatsapp_number: Phone | None = Field(None, description="Of several numbers of a page, this one")
    dsa_beneficiary: Text | None = Field(None, description="Whom the ads are for: needed where they reach the EU")
    dsa_payor: Text | None = Field(None, description="Who pays for them: needed where they reach the EU")


class AdSetPart(AdSetDefaults):
    """An ad set; what it does not say is in `defaults.adset`. A key given here replaces the default's as a whole."""

    key: Key = Field(description="Permanent, unique in the file")
    name: Name = Field(description="As it is shown in Ads Manager")
    ads: list[AdPart] = Field(min_length=1, description="At least one")


class CampaignPart(Part):
    """The campaign itself."""

    name: Name = Field(description="As it is shown in Ads Manager")
    objective: Objective = Field(description="What the campaign is for")
    special_ad_categories: list[SpecialCategory] = Field(description="Always explicit; [] for none")
    special_ad_category_countries: list[Country] = Field(default=[], description="Needed with a special ad category")
    budget_mode: BudgetMode = Field("adset", description="Who has the budgets: each ad set, or the campaign for all")
    budget: BudgetPart | None = Field(None, description="With budget_mode: campaign")
    bid_strategy: BidStrategy | None = Field(None, description="With budget_mode: campaign; lowest_cost unless said")


class Defaults(Part):
    """What holds where nothing else is said."""

    adset: AdSetDefaults | None = Field(None, description="For all ad sets")
    ad: AdDefaults | None = Field(None, description="For all ads, over their creatives")
    creative: CreativePart | None = Field(None, description="For all creatives")


class FullFile(Part):
    """The full form: a campaign with its ad sets and ads."""

    api_version: ApiVersion = Field(alias="apiVersion", description="The version of this form")
    key: Key = Field(description="Permanent identity of the campaign in its tenant: never change it")
    tenant: Tenant | None = Field(None, description="The tenant's number")
    account: Account = Field(description="The ad account: act_ and its number")
    currency: Currency | None = Field(None, description="Asserted against the account before anything is written")
    page: MetaId | None = Field(None, description="The Facebook page that the ads speak for")
    instagram: MetaId | None = Field(None, description="The Instagram account that the ads speak for")
    vars: dict[str, str] = Field(default={}, description="Values for ${name}; --var name=… goes over them")
    guard: GuardPart | None = Field(None, description="What the file itself must not exceed")
    publish: bool | None = Field(None, description="Whether to activate what was made; false unless said")
    auto_publish: bool | None = Field(None, description="The same as publish")
    campaign: CampaignPart = Field(description="The campaign itself")
    defaults: Defaults | None = Field(None, description="What holds where nothing else is said")
    creatives: dict[str, CreativePart] = Field(default={}, description="By names that ads refer to")
    adsets: list[AdSetPart] = Field(min_length=1, description="At least one")


def given(part: Part | None) -> dict[str, Any]:
    """What the file says, without what it leaves out."""
    return {name: getattr(part, name) for name in part.model_fields_set} if part is not None else {}
