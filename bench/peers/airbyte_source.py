"""Airbyte's source-facebook-marketing: its stream of ads' insights, which has a fixed set of fields."""

import json
import sys
import tempfile
from pathlib import Path

from common import ACCOUNT, SINCE, TOKEN, UNTIL, redirect


def config() -> dict[str, object]:
    return {
        "account_ids": [ACCOUNT],
        "credentials": {"auth_type": "Service", "access_token": TOKEN},
        "start_date": f"{SINCE}T00:00:00Z",
        "end_date": f"{UNTIL}T00:00:00Z",
        "insights_lookback_window": 1,
    }


def catalog() -> dict[str, object]:
    stream = {
        "name": "ads_insights",
        "json_schema": {"type": "object"},
        "supported_sync_modes": ["full_refresh", "incremental"],
    }
    configured = {
        "stream": stream,
        "sync_mode": "incremental",
        "cursor_field": ["date_start"],
        "destination_sync_mode": "append",
    }
    return {"streams": [configured]}


def main() -> None:
    redirect()
    from source_facebook_marketing.run import run

    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder, f"{name}.json") for name in ("config", "catalog")}
        for path, content in zip(paths.values(), (config(), catalog()), strict=True):
            path.write_text(json.dumps(content))
        sys.argv[1:] = ["read", "--config", str(paths["config"]), "--catalog", str(paths["catalog"])]
        run()


if __name__ == "__main__":
    main()
