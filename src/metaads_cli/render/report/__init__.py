"""A report as one HTML page that needs nothing else: styles, scripts, drawings and the document itself are inside."""

import base64
import hashlib
import json
from importlib import resources
from string import Template

from metaads_cli.models.report import ReportDocument
from metaads_cli.render import document as json_document
from metaads_cli.render.report import campaigns, changes, drawing, opening, outlook, sources, trends
from metaads_cli.render.report.charts import LOCALE
from metaads_cli.render.report.markup import Html, escaped, joined, json_in_script, tag
from metaads_cli.render.report.sheet import Sheet
from metaads_cli.render.report.theme import style_sheet

__all__ = ["page", "require_library"]
require_library = drawing.require_library


def page(document: ReportDocument) -> str:
    """Raises ConfigError where the charting library is not installed."""
    require_library()
    sheet = Sheet(document)
    scripts = [drawing.library(), _asset("page.js").replace("__LOCALE__", json.dumps(LOCALE))]
    return Template(_asset("page.html")).substitute(
        policy=escaped(_policy(scripts)),
        title=escaped(f"{document.tenant_name}: Meta ads report"),
        style=style_sheet() + _asset("page.css"),
        body=_body(sheet),
        document=json_in_script(json_document.write(document)),
        licences=_asset("licences.txt"),
        scripts=joined(*(tag("script", Html(script)) for script in scripts)),
    )


def _body(sheet: Sheet) -> Html:
    total = sheet.document.total
    if not sheet.document.campaigns and not total.leads:
        return joined(
            opening.heading(sheet), tag("main", opening.nothing(sheet), sources.sources(sheet)), sources.colophon(sheet)
        )
    sections = (
        opening.summary(sheet),
        trends.over_time(sheet),
        trends.funnel(sheet),
        campaigns.campaigns(sheet),
        changes.changed_most(sheet),
        outlook.outlook(sheet),
        sources.sources(sheet),
    )
    return joined(opening.heading(sheet), tag("main", *sections), sources.colophon(sheet))


def _policy(scripts: list[str]) -> str:
    """What a browser allows the page: its own scripts by their hashes, styles, and no connection at all."""
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _asset(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
