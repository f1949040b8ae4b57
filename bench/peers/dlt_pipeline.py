"""dlt's verified source facebook_ads, fetched by `dlt init` into the folder of $BENCH_DLT: one pipeline per level."""

import os
import sys
import tempfile
from datetime import date

from common import ACCOUNT, LEVELS, SINCE, TOKEN, UNTIL, fields, redirect

# Its key holds the ids of all levels, and marks a missing one by a text, which its column for numbers does not take.
KEYS = {
    "campaign": ("campaign_id", "date_start"),
    "adset": ("campaign_id", "adset_id", "date_start"),
    "ad": ("campaign_id", "adset_id", "ad_id", "date_start"),
}


def load(level: str, folder: str) -> None:
    import dlt
    from facebook_ads import facebook_insights_source

    # It drops the first day: it compares the day's date, as a text, with a time.
    days = (date.fromisoformat(UNTIL) - date.fromisoformat(SINCE)).days + 1
    source = facebook_insights_source(
        account_id=ACCOUNT,
        access_token=TOKEN,
        initial_load_past_days=days,
        attribution_window_days_lag=0,
        fields=[*fields(level), "date_start", "date_stop"],
        level=level,
        batch_size=500,
    )
    columns = {name: {"data_type": "text"} for name in ("adset_id", "ad_id")}
    source.facebook_insights.apply_hints(primary_key=KEYS[level], columns=columns)
    pipeline = dlt.pipeline(
        pipeline_name=f"bench_{level}",
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(os.environ["BENCH_DATABASE"]),
        dataset_name=f"bench_{level}",
    )
    pipeline.run(source)


def main() -> None:
    redirect()
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    sys.path.insert(0, os.environ["BENCH_DLT"])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for level in LEVELS:
            load(level, folder)


if __name__ == "__main__":
    main()
