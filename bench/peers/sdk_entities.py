"""The official SDK as the source document drives it: one insights request for each campaign, ad set and ad."""

from common import ACCOUNT, SINCE, UNTIL, database, fields, sdk, upsert, values
from facebook_business.adobjects.adaccount import AdAccount


def main() -> None:
    sdk()
    account = AdAccount(f"act_{ACCOUNT}")
    listings = {"campaign": account.get_campaigns, "adset": account.get_ad_sets, "ad": account.get_ads}
    asked = {"time_range": {"since": SINCE, "until": UNTIL}, "time_increment": 1}
    with database() as connection:
        for level, listing in listings.items():
            for entity in listing(fields=["id", "name"], params={"limit": 500}):
                rows = entity.get_insights(fields=fields(level), params=asked)
                upsert(connection, [values(level, row) for row in rows])


if __name__ == "__main__":
    main()
