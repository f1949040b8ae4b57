"""The other end of a tap or source: its records from stdin into the table. Singer's and Airbyte's messages."""

import sys
from collections.abc import Iterator
from typing import Any

from common import database, messages, upsert, values


def records() -> Iterator[dict[str, Any]]:
    for message in messages():
        if message.get("type") == "RECORD":
            record = message["record"]
            yield record.get("data", record) if "stream" in record else record
        elif message.get("type") == "TRACE" and "error" in message["trace"]:
            error = message["trace"]["error"]
            print(f"error: {error['message']} {error.get('internal_message') or ''}", file=sys.stderr)


def main() -> None:
    with database() as connection:
        upsert(connection, (values("ad", record) for record in records()))


if __name__ == "__main__":
    main()
