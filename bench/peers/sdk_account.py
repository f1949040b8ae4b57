"""The official SDK as its users write it: one account-level request per level, pages of 500, upsert."""

from common import ACCOUNT, LEVELS, SINCE, UNTIL, database, fields, sdk, upsert, values
from facebook_business.adobjects.adaccount import AdAccount


def main() -> None:
    sdk()
    account = AdAccount(f"act_{ACCOUNT}")
    with database() as connection:
        for level in LEVELS:
            asked = {
                "level": level,
                "time_range": {"since": SINCE, "until": UNTIL},
                "time_increment": 1,
                "limit": 500,
            }
            rows = account.get_insights(fields=fields(level), params=asked)
            upsert(connection, (values(level, row) for row in rows))


if __name__ == "__main__":
    main()
