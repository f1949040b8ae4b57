"""Campaign files: YAML text → what the campaign is to be, or everything that is wrong with it. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from metaads_cli.campaign_file.amounts import check_amounts
from metaads_cli.campaign_file.problems import CampaignFileError, Problem
from metaads_cli.campaign_file.reader import decode
from metaads_cli.models.campaign import CampaignSpec

__all__ = ["CampaignFileError", "Problem", "check_amounts", "decode", "json_schema", "read_campaigns"]


def read_campaigns(
    text: str, source: str, variables: Mapping[str, str], *, exists: Callable[[str], bool] | None = None
) -> list[CampaignSpec]:
    """All campaigns of one file, in its order.

    `source` is the file's path, by which media are found, or `-`. `variables` go over the file's own `vars`. `exists`
    tells whether a file is there; without it no medium is looked for. Raises CampaignFileError with every problem of
    every document.
    """
    # Here, so that a command that reads no campaign pays nothing for it.
    from metaads_cli.campaign_file.batch import read_batch

    return read_batch(text, source, variables, exists)


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of both forms."""
    from metaads_cli.campaign_file.schema import json_schema as generated

    return generated()
