"""Patch files: read, checked and taken apart before anything touches a database.

A patch is `NNNN_name.sql`, runnable by plain psql as well. Its first line is a header:

    -- metaads: mode=tx when=public.patients lock_timeout_ms=100 statement_timeout_ms=15000 min_pg=14 destructive=no

`mode=tx` runs as a whole in one transaction; `mode=concurrent` holds CREATE INDEX CONCURRENTLY statements, run one by
one. `when` names the table or schema without which the patch does not apply. `NNNN_name.verify.sql` holds one SELECT
of (check text, ok bool, detail text).
"""

import hashlib
import re
from dataclasses import dataclass, fields
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Literal

from metaads_cli.errors import InputError

_NAME = re.compile(r"\d{4}_[a-z0-9_]+")
_HEADER = re.compile(r"-- metaads:(?P<pairs>( +\w+=\S+)+) *")
# In the order of the text: what looks like a comment inside a string is none, and the other way round.
_OPAQUE = re.compile(
    r"""(?isx) (?P<comment> --[^\n]* | /\*.*?\*/ )
    | \$(?P<tag>\w*)\$ .*? \$(?P=tag)\$ | \be'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "[^"]*" """
)
_TRANSACTION = re.compile(
    r"(?i)(?:\A|;)\s*(?P<found>(?:begin|start\s+transaction|prepare\s+transaction|commit|end|rollback|savepoint|abort)"
    r"\b[^;]*)"
)
_META_COMMAND = re.compile(r"(?P<found>\\\S+)")
_CREATE_INDEX = re.compile(
    r"(?is)create\s+(?:unique\s+)?index\s+concurrently\s+if\s+not\s+exists\s+(?P<index>\w+)\s+"
    r"on\s+(?P<schema>\w+)\.(?P<table>\w+)\s.*"
)


@dataclass(frozen=True)
class Header:
    mode: Literal["tx", "concurrent"]
    when: str | None = None
    lock_timeout_ms: int = 100
    statement_timeout_ms: int = 15_000
    min_pg: int = 14
    destructive: bool = False


@dataclass(frozen=True)
class IndexStatement:
    """One CREATE INDEX CONCURRENTLY and the index it makes."""

    text: str
    schema: str
    index: str

    @property
    def qualified(self) -> str:
        return f"{self.schema}.{self.index}"


@dataclass(frozen=True)
class Patch:
    name: str
    text: str
    header: Header
    verify: str | None

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of what matters of the text: line ends and trailing blanks do not."""
        lines = self.text.replace("\r\n", "\n").split("\n")
        normal = "\n".join(line.rstrip(" \t\r") for line in lines).rstrip("\n")
        return hashlib.sha256(normal.encode()).hexdigest()

    @cached_property
    def index_statements(self) -> list[IndexStatement]:
        text = _OPAQUE.sub(lambda found: " " if found["comment"] else found.group(), self.text)
        parts = [part.strip() for part in text.split(";")]
        return [_index_statement(self.name, part) for part in parts if part]


def sql_directory() -> Path:
    """Where the SQL files are: inside the installed package, or in the repository of an editable install."""
    packaged = Path(str(resources.files("metaads_cli"))) / "sql"
    return packaged if packaged.is_dir() else Path(__file__).parents[4] / "sql"


def load_patches(directory: Path | None = None) -> list[Patch]:
    """All patches in the order of their numbers. Raises InputError naming the file that cannot be used."""
    directory = directory or sql_directory() / "patches"
    paths = sorted(path for path in directory.glob("*.sql") if path.name.count(".") == 1)
    patches = [load_patch(path) for path in paths]
    numbers = [patch.name[:4] for patch in patches]
    for number, patch in zip(numbers, patches, strict=True):
        if numbers.count(number) > 1:
            raise InputError(f"The patch number {number} is used twice, by {patch.name} and another file")
    return patches


def load_patch(path: Path) -> Patch:
    """One patch with its sidecar, checked."""
    if not _NAME.fullmatch(path.stem):
        raise InputError(f"{path} is no patch file: expected a name such as 0007_add_something.sql")
    text = _read(path)
    verify = path.with_suffix(".verify.sql")
    patch = Patch(
        name=path.stem,
        text=text,
        header=_parse_header(path, text),
        verify=_read(verify) if verify.is_file() else None,
    )
    if patch.header.mode == "concurrent":
        _ = patch.index_statements
    else:
        _refuse_transaction_control(path, text)
    return patch


def _read(path: Path) -> str:
    """The text, free of what a server would silently cut off or misread."""
    raw = path.read_bytes()
    if raw.startswith(b"\xef\xbb\xbf"):
        raise InputError(f"{path} begins with a byte order mark; save it as UTF-8 without one")
    if b"\0" in raw:
        raise InputError(f"{path} holds a NUL byte, at which the server would cut it off")
    try:
        return raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start})") from None


def _parse_header(path: Path, text: str) -> Header:
    first = text.partition("\n")[0]
    match = _HEADER.fullmatch(first)
    if not match:
        raise InputError(f"{path}:1: expected a header such as '-- metaads: mode=tx when=public.patients'")
    pairs = dict(pair.split("=", 1) for pair in match["pairs"].split())
    known = {field.name for field in fields(Header)}
    if unknown := sorted(pairs.keys() - known):
        raise InputError(f"{path}:1: unknown key {unknown[0]!r} in the header; known are {', '.join(sorted(known))}")
    if pairs.get("mode") not in {"tx", "concurrent"}:
        raise InputError(f"{path}:1: mode is {pairs.get('mode')!r}; expected tx or concurrent")
    return Header(
        mode="tx" if pairs["mode"] == "tx" else "concurrent",
        when=pairs.get("when"),
        lock_timeout_ms=_number(path, pairs, "lock_timeout_ms", Header.lock_timeout_ms),
        statement_timeout_ms=_number(path, pairs, "statement_timeout_ms", Header.statement_timeout_ms),
        min_pg=_number(path, pairs, "min_pg", Header.min_pg),
        destructive=_yes_or_no(path, pairs, "destructive"),
    )


def _yes_or_no(path: Path, pairs: dict[str, str], key: str) -> bool:
    value = pairs.get(key, "no")
    if value not in {"yes", "no"}:
        raise InputError(f"{path}:1: {key} is {value!r}; expected yes or no")
    return value == "yes"


def _number(path: Path, pairs: dict[str, str], key: str, default: int) -> int:
    value = pairs.get(key, str(default))
    if not value.isdecimal():
        raise InputError(f"{path}:1: {key} is {value!r}; expected a whole number")
    return int(value)


def _refuse_transaction_control(path: Path, text: str) -> None:
    """A COMMIT in the file would end the runner's transaction behind its back."""
    plain = _OPAQUE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
    for pattern, what in ((_TRANSACTION, "transaction control"), (_META_COMMAND, "a psql command")):
        if match := pattern.search(plain):
            line = plain.count("\n", 0, match.start("found")) + 1
            found = " ".join(match["found"].split())
            raise InputError(f"{path}:{line}: {what} ({found}) does not belong in a patch; the runner does it")


def _index_statement(name: str, text: str) -> IndexStatement:
    match = _CREATE_INDEX.fullmatch(text)
    if not match:
        raise InputError(
            f"{name}.sql: a concurrent patch holds only CREATE INDEX CONCURRENTLY IF NOT EXISTS name ON schema.table "
            f"statements; found: {text.splitlines()[0]}"
        )
    return IndexStatement(text=text, schema=match["schema"], index=match["index"])
