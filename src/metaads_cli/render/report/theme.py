"""Colours and type, the same for the page and its charts.

Charts are drawn in the light colours. In the dark a rule of the page's style sheet replaces each by its counterpart,
so one drawing serves both, and print, which is always light.
"""

from typing import Any

# name: (light, dark). Text has a contrast of at least 4.5 to the surfaces it stands on, marks of a chart of 3.
COLOURS = {
    "paper": ("#f7f5f0", "#101317"),
    "card": ("#ffffff", "#191d23"),
    "ink": ("#1b1e24", "#eceef2"),
    "soft": ("#585f6c", "#a5adba"),
    "line": ("#e5e2da", "#2d343d"),
    "leads": ("#23917f", "#2fa394"),
    "spend": ("#5468c8", "#7d8eea"),
    "good": ("#13733a", "#62cf8e"),
    "bad": ("#b1271f", "#ff8f85"),
    "quiet": ("#848b98", "#737c89"),
    "track": ("#efede7", "#252b33"),
}
FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'


def light(name: str) -> str:
    return COLOURS[name][0]


def style_sheet() -> str:
    """The colours as CSS variables, and the rules that carry the charts into the dark."""
    in_the_light = "".join(f"--{name}:{one};" for name, (one, _) in COLOURS.items())
    in_the_dark = "".join(f"--{name}:{other};" for name, (_, other) in COLOURS.items())
    repainted = "".join(
        f'.chart [{attribute}="{one}"]{{{attribute}:{other}}}'
        for one, other in COLOURS.values()
        for attribute in ("fill", "stroke")
    )
    return (
        f":root{{--font:{FONT};{in_the_light}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{in_the_dark}}}{repainted}}}"
    )


def chart_config() -> dict[str, Any]:
    """What all charts have in common, as Vega-Lite's config."""
    label = {"labelColor": light("soft"), "labelFontSize": 12, "titleColor": light("soft")}
    return {
        "font": FONT,
        "background": None,
        "view": {"stroke": None},
        "axis": label | {"domain": False, "ticks": False, "gridColor": light("line"), "labelPadding": 6},
        "axisX": {"grid": False, "labelPadding": 9},
        "text": {"color": light("ink"), "fontSize": 13},
        "bar": {"color": light("leads")},
    }
