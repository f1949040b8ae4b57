"""The flat form of a campaign file: one request for one ad."""

from pydantic import Field

from metaads_cli.campaign_file.fields import (
    Account,
    CallToAction,
    Clip,
    ConversionEvent,
    Country,
    Currency,
    FilePath,
    FlatGoal,
    Key,
    MetaId,
    MinorUnits,
    Name,
    Objective,
    Part,
    SpecialCategory,
    Tenant,
    Text,
    Url,
)
from metaads_cli.campaign_file.targeting import RawTargeting


class FlatFile(Part):
    """The flat form: one campaign with one ad set and one ad."""

    tenant: Tenant | None = Field(None, description="The tenant's number")
    social_account_id: Text | None = Field(None, description="The host's id of an account; or `account`")
    account: Account | None = Field(None, description="The ad account: act_ and its number")
    clip_id: Clip | None = Field(None, description="UUID of a clip, which is checked first")
    campaign_name: Name = Field(description="The name of campaign, ad set and ad")
    campaign_objective: Objective = Field(description="What the campaign is for")
    daily_budget_cents: MinorUnits = Field(description="Minor units of the account's currency: 10000 is 100.00 USD")
    creative_title: Text | None = Field(None, description="The headline")
    creative_description: Text | None = Field(None, description="The description")
    creative_text: Text | None = Field(None, description="The text above the medium")
    creative_image: FilePath | None = Field(None, description="A file; with a clip or a video, its thumbnail")
    creative_video: FilePath | None = Field(None, description="A file; needs creative_image as its thumbnail")
    call_to_action: CallToAction | None = Field(None, description="The button; learn_more unless said")
    landing_url: Url = Field(description="Where a click leads")
    targeting: RawTargeting = Field(description="As Meta's API takes it; needs geo_locations")
    optimization_goal: FlatGoal = Field(description="CONVERSIONS is read as OFFSITE_CONVERSIONS")
    auto_publish: bool = Field(default=False, description="Whether to activate what was made")
    page: MetaId | None = Field(None, description="The Facebook page that the ad speaks for")
    instagram: MetaId | None = Field(None, description="The Instagram account that the ad speaks for")
    key: Key | None = Field(None, description="Permanent identity; left out, it comes from name, medium and account")
    currency: Currency | None = Field(None, description="Asserted against the account before anything is written")
    pixel: MetaId | None = Field(None, description="For conversions on the website")
    conversion_event: ConversionEvent | None = Field(
        None, description="For conversions on the website, such as purchase"
    )
    special_ad_categories: list[SpecialCategory] | None = Field(None, description="Left out: none, with a warning")
    special_ad_category_countries: list[Country] = Field(default=[], description="Needed with a special ad category")
    vars: dict[str, str] = Field(default={}, description="Values for ${name}; --var name=… goes over them")
