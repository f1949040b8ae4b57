"""The charting library: its JavaScript for the page, and its drawings for where no script runs."""

import copy
import re
from functools import cache

from metaads_cli.errors import ConfigError
from metaads_cli.render.report.channels import Spec
from metaads_cli.render.report.charts import LOCALE
from metaads_cli.render.report.markup import Html

WIDE, NARROW = 520, 330
"""Pixels that a drawing is made for: a column of a screen, a phone or a column of a sheet of paper."""


def require_library() -> None:
    """Raises ConfigError where the extra is not installed."""
    try:
        import vl_convert  # noqa: F401
    except ImportError:
        raise ConfigError(
            "The library that draws the charts of a report is not installed",
            hint="pip install 'metaads-cli[report]'",
        ) from None


@cache
def library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, which sets `vegaEmbed`."""
    import vl_convert

    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # Neither may stand in a script of a page; in JavaScript's strings and expressions the escapes are the same.
    return re.sub(r"<(?=/script|!--)", r"\\x3c", bundle.replace("\r", ""), flags=re.IGNORECASE)


def drawing(spec: Spec, width: int) -> Html:
    """The chart as SVG, for readers who see: what it says to others stands beside it."""
    import vl_convert

    fixed = copy.deepcopy(spec) | {"width": width}
    fixed["config"] |= {"aria": False}
    found = vl_convert.vegalite_to_svg(fixed, format_locale=LOCALE)
    return Html(_without_size(found))


def _without_size(svg: str) -> str:
    """As wide as the place that it stands in: the view box keeps the proportions."""
    return re.sub(r'^(<svg[^>]*?) width="[\d.]+" height="[\d.]+"', r"\1", svg, count=1)
