"""Options that several commands have alike."""

from pathlib import Path
from typing import Annotated

import typer

TenantOption = Annotated[int, typer.Option("--tenant", metavar="N", help="The tenant.")]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="DAY", help="First day, such as 2026-11-01.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DAY", help="Last day, included.")]
LastOption = Annotated[
    str | None,
    typer.Option("--last", metavar="30d", help="The last days or weeks (30d, 4w), today included."),
]
PresetOption = Annotated[
    str | None,
    typer.Option(
        "--preset",
        metavar="NAME",
        help="today, yesterday, last_7d, last_14d, last_30d, last_90d (until yesterday), this_week, last_week, "
        "this_month, last_month, this_quarter or this_year.",
    ),
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="WHAT", help="campaign, adset, ad, source, day, week or month."),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write the result to this file instead.")
]
