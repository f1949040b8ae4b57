"""The one place where a result meets a format."""

from typing import TextIO

import msgspec

from metaads_cli.console import Console, Format
from metaads_cli.render import delimited, document, markdown
from metaads_cli.render.views import items_of, table_of


def write_result(result: msgspec.Struct, console: Console, stream: TextIO) -> None:
    """Write the result in the console's format."""
    if console.output is Format.TABLE:
        from metaads_cli.render import text

        text.write(table_of(result), console.stream(stream))
    else:
        stream.write(_as_text(result, console.output))


def _as_text(result: msgspec.Struct, output: Format) -> str:
    if output is Format.JSON:
        return document.write(result)
    if output is Format.JSONL:
        return document.write_lines(items_of(result))
    if output is Format.MD:
        return markdown.write(table_of(result))
    return delimited.write(table_of(result), "," if output is Format.CSV else "\t")
