"""What stands in a patch's text: told apart as far as the runner must, never split otherwise."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from metaads_cli.errors import InputError

# In the order of the text: what looks like a comment inside a string is none, and the other way round.
_OPAQUE = re.compile(
    r"""(?isx) (?P<comment> --[^\n]* | /\*.*?\*/ )
    | \$(?P<tag>\w*)\$ (?P<body> .*? ) \$(?P=tag)\$ | \be'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "[^"]*" """
)
_TRANSACTION = re.compile(
    r"(?i)(?:\A|;)\s*(?P<found>(?:begin|start\s+transaction|prepare\s+transaction|commit|end|rollback|savepoint|abort)"
    r"\b[^;]*)"
)
_STATEMENT = re.compile(r"[^;\s][^;]*")
_META_COMMAND = re.compile(r"(?P<found>\\\S+)")
_DO = re.compile(r"(?is)\bdo\s+(?:language\s+plpgsql\s+)?\Z")
# In plpgsql: COMMIT and ROLLBACK as statements.
_COMMIT_INSIDE = re.compile(r"(?i)(?:;|\bbegin|\bthen|\belse|\bloop)\s*(?P<found>(?:commit|rollback)\b)")
_ONE_DO = re.compile(r"(?is)\s*do\s+(?:language\s+plpgsql\s+)?(?P<quote>\$\w*\$)\s+(?P=quote)\s*;?\s*")
_CREATE_INDEX = re.compile(
    r"(?is)create\s+(?:unique\s+)?index\s+concurrently\s+if\s+not\s+exists\s+(?P<index>\w+)\s+"
    r"on\s+(?P<schema>\w+)\.(?P<table>\w+)\s.*"
)
_DROP_INDEX = re.compile(r"(?is)drop\s+index\s+concurrently\s+if\s+exists\s+(?P<schema>\w+)\.(?P<index>\w+)")


@dataclass(frozen=True)
class IndexStatement:
    """One CREATE or DROP INDEX CONCURRENTLY and the index it is about."""

    text: str
    schema: str
    index: str
    table: str = ""
    start: int = field(default=0, compare=False)
    """Where in the file it begins."""

    @property
    def qualified(self) -> str:
        return f"{self.schema}.{self.index}"


@dataclass(frozen=True)
class CodeBlock:
    """The body of a DO block: where in the text it begins, and what it says."""

    start: int
    text: str


def index_statements(name: str, text: str, kind: Literal["create", "drop"]) -> list[IndexStatement]:
    """Raises InputError where something else stands among them."""
    bare = _OPAQUE.sub(lambda found: _blank(found.group()) if found["comment"] else found.group(), text)
    return [_index_statement(name, found, kind) for found in _STATEMENT.finditer(bare)]


def _index_statement(name: str, found: re.Match[str], kind: Literal["create", "drop"]) -> IndexStatement:
    text = found.group().rstrip()
    match = (_CREATE_INDEX if kind == "create" else _DROP_INDEX).fullmatch(text)
    if match is None:
        expected = (
            "a concurrent patch holds only CREATE INDEX CONCURRENTLY IF NOT EXISTS name ON schema.table"
            if kind == "create"
            else "a concurrent rollback holds only DROP INDEX CONCURRENTLY IF EXISTS schema.name"
        )
        raise InputError(f"{name}.sql: {expected} statements; found: {text.splitlines()[0]}")
    return IndexStatement(text, match["schema"], match["index"], match.groupdict().get("table", ""), found.start())


def code_blocks(text: str) -> list[CodeBlock]:
    """The bodies of the DO blocks, in their order."""
    return [
        CodeBlock(found.start("body"), found["body"])
        for found in _OPAQUE.finditer(text)
        if found["body"] is not None and _DO.search(_blanked(text[: found.start()]))
    ]


def refuse_transaction_control(path: Path, text: str) -> None:
    """A COMMIT in the file would end the runner's transaction behind its back."""
    plain = _blanked(text)
    for pattern, what in ((_TRANSACTION, "transaction control"), (_META_COMMAND, "a psql command")):
        if match := pattern.search(plain):
            _refuse(path, plain, match, what, "does not belong in a patch; the runner does it")


def refuse_commits_inside(path: Path, text: str) -> None:
    """In a transaction the server refuses COMMIT inside DO, with a reason that leads nowhere."""
    for block in code_blocks(text):
        if match := _COMMIT_INSIDE.search(_within(text, block)):
            _refuse(path, text, match, "transaction control", "inside DO is for mode=batched")


def require_one_batched_block(path: Path, text: str) -> None:
    """Outside a transaction one statement alone may commit: with a second one the server makes a transaction."""
    outside = _OPAQUE.sub(lambda found: " " if found["comment"] else _emptied(found), text)
    blocks = code_blocks(text)
    if not (_ONE_DO.fullmatch(outside) and blocks and _COMMIT_INSIDE.search(_within(text, blocks[0]))):
        raise InputError(f"{path}: a batched patch is one DO block that commits in its loop, and nothing else")


def _emptied(found: re.Match[str]) -> str:
    return found.group() if found["body"] is None else f"${found['tag']}$ ${found['tag']}$"


def _within(text: str, block: CodeBlock) -> str:
    """The block's code at its place, everything else blank."""
    code = _blanked(block.text)
    return _blank(text[: block.start]) + code


def _blanked(text: str) -> str:
    """The text without comments and quoted parts; lines and columns stay."""
    return _OPAQUE.sub(lambda found: _blank(found.group()), text)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _refuse(path: Path, text: str, match: re.Match[str], what: str, why: str) -> None:
    line = text.count("\n", 0, match.start("found")) + 1
    found = " ".join(match["found"].split())
    raise InputError(f"{path}:{line}: {what} ({found}) {why}")
