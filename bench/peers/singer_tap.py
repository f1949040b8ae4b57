"""Singer's tap-facebook: its stream of ads' insights with the fields that the others read, too."""

import json
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from common import ACCOUNT, FIELDS, SINCE, TOKEN, UNTIL, redirect


def catalog(tap: object) -> dict[str, object]:
    """The tap's own catalogue with one stream and those fields selected."""
    streams = tap.discover_schemas()["streams"]  # type: ignore[attr-defined]
    for stream in streams:
        for entry in stream["metadata"]:
            name = entry["breadcrumb"][-1] if entry["breadcrumb"] else stream["tap_stream_id"]
            entry["metadata"]["selected"] = name in {*FIELDS, "ads_insights"}
    return {"streams": streams}


def main() -> None:
    redirect()
    import tap_facebook

    # It goes back by its smallest buffer, a day, before the start.
    start = date.fromisoformat(SINCE) + timedelta(days=1)
    config = {
        "account_id": ACCOUNT,
        "access_token": TOKEN,
        "start_date": f"{start}T00:00:00Z",
        "end_date": f"{UNTIL}T23:59:59Z",
        "insights_buffer_days": "1",
    }
    with tempfile.TemporaryDirectory() as folder:
        files = {"--config": config, "--properties": catalog(tap_facebook)}
        arguments = []
        for option, content in files.items():
            path = Path(folder, f"{option[2:]}.json")
            path.write_text(json.dumps(content))
            arguments += [option, str(path)]
        sys.argv[1:] = arguments
        tap_facebook.main()


if __name__ == "__main__":
    main()
