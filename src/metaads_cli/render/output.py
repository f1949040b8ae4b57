"""The one place where a result meets a format."""

import io
from pathlib import Path
from typing import TextIO

import msgspec

from metaads_cli.console import Console, Format
from metaads_cli.render import delimited, document, markdown
from metaads_cli.render.views import charts_of, items_of, table_of

DELIMITERS = {Format.CSV: ",", Format.TSV: "\t"}


def write_result(result: msgspec.Struct, console: Console, stream: TextIO, *, charts: bool = False) -> None:
    """Write the result in the console's format; `charts` under a table."""
    if console.output is Format.TABLE:
        from metaads_cli.render import charts as drawing
        from metaads_cli.render import text

        text.write(table_of(result), console.stream(stream))
        if charts:
            drawing.write(charts_of(result), console.stream(stream))
    elif console.output is Format.XLSX:
        stream.buffer.write(_as_workbook(result))
    else:
        stream.write(_as_text(result, console.output))


def file_content(
    result: msgspec.Struct, console: Console, file: Path, output: Format, *, charts: bool = False
) -> bytes:
    """What a file of that name is to hold. Spreadsheets open what is called .csv and .tsv: it is marked as UTF-8, and
    no text in it is run as a formula (docs/decisions/0011-spreadsheets.md)."""
    if output is Format.TABLE:
        page = io.StringIO()
        write_result(result, console, page, charts=charts)
        return page.getvalue().encode()
    if output is Format.XLSX:
        return _as_workbook(result)
    if output in DELIMITERS and Format.of_file(file) in DELIMITERS:
        return delimited.write(table_of(result), DELIMITERS[output], guarded=True).encode("utf-8-sig")
    return _as_text(result, output).encode()


def _as_text(result: msgspec.Struct, output: Format) -> str:
    if output is Format.JSON:
        return document.write(result)
    if output is Format.JSONL:
        return document.write_lines(items_of(result))
    if output is Format.MD:
        return markdown.write(table_of(result))
    if output is Format.HTML:
        from metaads_cli.render import html

        return html.write(table_of(result), _name(result))
    return delimited.write(table_of(result), DELIMITERS[output])


def _as_workbook(result: msgspec.Struct) -> bytes:
    from metaads_cli.render import spreadsheet

    return spreadsheet.write(table_of(result), _name(result))


def _name(result: msgspec.Struct) -> str:
    """stats of metaads.stats/1"""
    return str(result.__struct_config__.tag).removeprefix("metaads.").partition("/")[0]
