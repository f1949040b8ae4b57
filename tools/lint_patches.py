"""Lint the SQL patches: squawk on the DDL inside DO blocks, and the rules squawk does not know."""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple, TypedDict

ROOT = Path(__file__).resolve().parent.parent
SQUAWK = Path(sys.executable).with_name("squawk")

# Off for every patch.
SQUAWK_OFF = (
    "prefer-robust-stmts",  # recommends ADD COLUMN IF NOT EXISTS, which locks even with nothing to do
    "require-lock-timeout",  # the runner sets both timeouts from the patch header
    "require-statement-timeout",
    # squawk spares only tables created in the same file; `host-index` below knows host tables from ours
    "require-concurrent-index-creation",
    "transaction-nesting",  # `transaction` below says so for both modes
    "ban-uncommitted-transaction",
    "prefer-bigint-over-smallint",  # smallint here is a stated small range, never an id
)
# Off where the host dictates the type: its own tables, and our columns that hold its keys.
SQUAWK_OFF_HOST_COLUMNS = {"prefer-bigint-over-int", "prefer-text-field"}
# Off for tables of ours: who waits there, or misses a constraint, is metaads itself.
SQUAWK_OFF_OWN_TABLES = {"ban-drop-constraint", "constraint-missing-not-valid", "require-concurrent-index-deletion"}
HOST_KEYS = {"tenant_id", "patient_id"}

OWN_SCHEMAS = {"metaads", "pg_temp"}
DDL = {"alter", "comment", "create", "drop", "grant", "revoke", "truncate"}
TRANSACTION = {"abort", "begin", "commit", "end", "release", "rollback", "savepoint", "start"}
# What may stand before a statement inside plpgsql, other than a semicolon.
OPENERS = {"begin", "else", "loop", "then", ">>"}
# What may stand before UPDATE when it is a statement: not FOR, ON, DO or OR.
BEFORE_UPDATE = OPENERS | {"", ";", "(", ")", "as", "in", "query"}
MODIFIERS = {"constraint", "foreign", "materialized", "or", "recursive", "replace", "unique"}
MODIFIERS |= {"temp", "temporary", "unlogged"}
FILLERS = {"concurrently", "exists", "if", "not", "only"}
NAMED = {"function", "index", "procedure", "sequence", "table", "type", "view"}
NAMED_AFTER_ON = {"policy", "trigger"}

RULES = {
    "encoding": "not UTF-8 (save the file as UTF-8)",
    "bom": "starts with a byte order mark, which the server reads as a syntax error (save without BOM)",
    "nul": "contains a NUL byte, which silently cuts the file there (remove it)",
    "crlf": "carriage return (use LF line ends)",
    "tab": "tab character (use spaces: error columns are counted in characters)",
    "final-newline": "the last line has no newline (add it)",
    "file-name": "neither NNNN_name.sql nor NNNN_name.verify|down|loss|preview|when.sql, in lower case (rename it)",
    "number-twice": "another patch has this number (take the next free one)",
    "no-verify": "no .verify.sql sidecar (add one SELECT: check text, ok bool, detail text)",
    "no-header": "no header: '-- metaads: mode=tx' or mode=concurrent, destructive=yes|no (write it in line 1)",
    "no-loss": "destructive, but no .loss.sql beside it (add one SELECT: what text, count bigint)",
    "one-select": "not one SELECT and nothing else (the runner reads one result)",
    "no-patch": "sidecar without its patch (rename or remove it)",
    "unterminated": "quote, dollar quote or comment without an end (close it)",
    "psql-meta": "psql meta-command; the server does not know it (remove it)",
    "transaction": "transaction control breaks the runner's own transaction (remove it)",
    "commit-inside": "COMMIT or ROLLBACK inside DO fails in a transaction (mode=batched is for that)",
    "one-batch": "a batched patch is one DO block that commits in its loop, and nothing else",
    "do-only": "statement outside DO in a tx patch (move it into a DO block with a guard)",
    "concurrent-only": "only CREATE INDEX CONCURRENTLY IF NOT EXISTS here (move it to a tx patch)",
    "drop-only": "only DROP INDEX CONCURRENTLY IF EXISTS schema.name here (or mode=tx)",
    "host-index": "builds an index on a host table under a lock (give it its own concurrent patch)",
    "locking-guard": "IF [NOT] EXISTS takes the table's lock even with nothing to do "
    "(test pg_attribute or to_regclass in the DO block instead)",
    "unqualified": "name without a schema depends on search_path (write schema.name)",
    "information-schema": "information_schema shows a role without privileges nothing (use pg_attribute)",
    "when-others": "WHEN OTHERS hides every error (name the conditions)",
}

TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|/\*)
    | (?P<meta>\\[^\n]*)
    | (?P<dollar>\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)
    | (?P<string>[eE]'(?:[^'\\]++|\\.|'')*+'|'(?:[^']++|'')*+')
    | (?P<ident>"(?:[^"]++|"")*+")
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>\d[\w.]*)
    | (?P<open>['"]|\$(?:[^\W\d]\w*)?\$)
    | (?P<symbol>::|<<|>>|.)
    """,
    re.VERBOSE | re.DOTALL,
)
COMMENT_EDGE = re.compile(r"/\*|\*/")
MODE = re.compile(r"^-- metaads:.*\bmode=(\w+)", re.MULTILINE)
DOWN_HEADER = re.compile(r"-- metaads:.*\bmode=(?:tx|concurrent)\b")
DESTRUCTIVE = re.compile(r"-- metaads:.*\bdestructive=yes\b")
FILE_NAME = re.compile(r"(?P<stem>(?P<number>\d{4})_[a-z0-9_]+)(?:\.(?P<sidecar>verify|down|loss|preview|when))?\.sql")


class SquawkError(Exception):
    """squawk could not be run, or answered something that is not its report."""


class SquawkReport(TypedDict):
    line: int
    column: int
    rule_name: str
    message: str
    help: str | None


class Hit(NamedTuple):
    offset: int
    rule: str
    detail: str = ""


class Finding(NamedTuple):
    path: Path
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        here = Path.cwd()
        path = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
        return f"{path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    start: int
    # Of a dollar quote that holds code: where that code begins and ends in the file.
    body: tuple[int, int] | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def key(self) -> str:
        return self.text.lower() if self.kind in {"word", "symbol"} else ""


@dataclass(frozen=True, slots=True)
class Statement:
    tokens: tuple[Token, ...]
    place: Literal["top", "do", "function"]

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return self.tokens[-1].end

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(token.key for token in self.tokens)

    def has(self, words: str) -> bool:
        """Whether these words stand anywhere in the statement, one after the other."""
        return any(True for _ in sequences(self.tokens, words))


class Name(NamedTuple):
    offset: int
    text: str

    @property
    def schema(self) -> str:
        return self.text.rpartition(".")[0]

    @property
    def is_host(self) -> bool:
        return bool(self.schema) and self.schema not in OWN_SCHEMAS


# Tokens and statements


def lex(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    end = len(text) if end is None else end
    before = ""
    while start < end and (match := TOKEN.match(text, start, end)):
        token = to_token(match, before, end)
        start = token.end
        if token.kind != "space":
            yield token
        before = before if token.kind in {"space", "comment"} else token.key


def to_token(match: re.Match[str], before: str, end: int) -> Token:
    kind, text, start = match.lastgroup or "", match[0], match.start()
    stop = comment_end(match.string, start, end) if text == "/*" else None
    if kind == "open" or (text == "/*" and not stop):
        return Token("open", match.string[start:end], start)  # nothing after it can be told apart
    if stop:
        return Token(kind, match.string[start:stop], start)
    # `DO $$`, `DO LANGUAGE plpgsql $$` and `AS $$` open code; any other dollar quote is a string.
    if match["dollar"] is not None:
        fence = len(match["tag"]) + 2
        body = (start + fence, match.end() - fence) if before in {"do", "as", "plpgsql"} else None
        return Token("dollar", text, start, body)
    return Token(kind, text, start)


def comment_end(text: str, start: int, end: int) -> int | None:
    depth = 0
    for edge in COMMENT_EDGE.finditer(text, start, end):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return None


def code(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    return [token for token in lex(text, start, end) if token.kind not in {"comment", "meta", "open"}]


def deep_tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Every token but comments, those of DO and function bodies instead of the dollar quote around them."""
    for token in lex(text, start, end):
        if token.body:
            yield from deep_tokens(text, *token.body)
        elif token.kind != "comment":
            yield token


def split(tokens: Iterable[Token]) -> Iterator[tuple[Token, ...]]:
    """Pieces up to and with their semicolon."""
    chunk: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.key == "(") - (token.key == ")")
        chunk.append(token)
        if token.key == ";" and depth <= 0:
            yield tuple(chunk)
            chunk, depth = [], 0
    if chunk:
        yield tuple(chunk)


def statements(text: str) -> Iterator[Statement]:
    """Top-level statements, each followed by the DDL statements of the bodies in it."""
    for chunk in split(code(text)):
        if chunk[0].key != ";":
            statement = Statement(chunk, "top")
            yield statement
            yield from inner_statements(text, statement)


def inner_statements(text: str, outer: Statement) -> Iterator[Statement]:
    place: Literal["do", "function"] = "do" if outer.keys[0] == "do" else "function"
    for token in outer.tokens:
        for chunk in split(code(text, *token.body)) if token.body else ():
            if (first := first_ddl(chunk)) is not None:
                statement = Statement(chunk[first:], place)
                yield statement
                yield from inner_statements(text, statement)


def first_ddl(chunk: tuple[Token, ...]) -> int | None:
    """Where DDL begins in a piece of plpgsql such as `IF a THEN CREATE ...`, or None."""
    keys = ["then", *(token.key for token in chunk), ""]
    for index, (before, key, after) in enumerate(zip(keys, keys[1:], keys[2:], strict=False)):
        # `comment` alone may be a variable in a DECLARE section.
        if before in OPENERS and key in DDL and (key != "comment" or after == "on"):
            return index
    return None


def sequences(tokens: Sequence[Token], words: str) -> Iterator[int]:
    """The indexes just after each place where these words stand one after the other."""
    wanted = words.split()
    keys = [token.key for token in tokens]
    for end in range(len(wanted), len(keys) + 1):
        if keys[end - len(wanted) : end] == wanted:
            yield end


# Names


def name_at(tokens: Sequence[Token], index: int) -> Name | None:
    """The possibly qualified name at or after index, past `IF NOT EXISTS`, `ONLY` and the like."""
    while index < len(tokens) and tokens[index].key in FILLERS:
        index += 1
    parts: list[str] = []
    start = index
    while index < len(tokens) and tokens[index].kind in {"word", "ident"}:
        token = tokens[index]
        parts.append(token.key or token.text[1:-1].replace('""', '"'))
        if index + 1 >= len(tokens) or tokens[index + 1].key != ".":
            break
        index += 2
    return Name(tokens[start].start, ".".join(parts)) if parts else None


def subject(statement: Statement) -> Name | None:
    """The object a CREATE, ALTER or DROP is about: the table, for an index, a policy or a trigger."""
    keys = statement.keys
    if keys[0] not in {"create", "alter", "drop"}:
        return None
    kind = next((i for i, key in enumerate(keys) if i and key not in MODIFIERS), 0)
    if {"temp", "temporary"} & set(keys[:kind]):
        return None
    if keys[kind] in NAMED_AFTER_ON or (keys[0], keys[kind]) == ("create", "index"):
        return name_at(statement.tokens, keys.index("on", kind) + 1) if "on" in keys[kind:] else None
    return name_at(statement.tokens, kind + 1) if keys[kind] in NAMED else None


def used_tables(tokens: list[Token]) -> Iterator[Name]:
    """The tables written to or referenced, wherever in the text."""
    after = [*sequences(tokens, "insert into"), *sequences(tokens, "delete from")]
    after += [i for i in sequences(tokens, "update") if (tokens[i - 2].key if i > 1 else "") in BEFORE_UPDATE]
    # GRANT REFERENCES ON has no table there.
    after += [i for i in sequences(tokens, "references") if [token.key for token in tokens[i : i + 1]] != ["on"]]
    yield from (name for i in after if (name := name_at(tokens, i)))


def is_index(statement: Statement) -> bool:
    return statement.keys[:2] == ("create", "index") or statement.keys[:3] == ("create", "unique", "index")


# Rules on the text of one file


def bytes_rules(data: bytes) -> Iterator[Hit]:
    """The first place of each; offsets count bytes."""
    if data.startswith(b"\xef\xbb\xbf"):
        yield Hit(0, "bom")
    for rule, needle in (("nul", b"\0"), ("crlf", b"\r"), ("tab", b"\t")):
        if (offset := data.find(needle)) >= 0:
            yield Hit(offset, rule)
    if not data.endswith(b"\n"):
        yield Hit(len(data), "final-newline")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        yield Hit(error.start, "encoding")


def token_rules(text: str) -> Iterator[Hit]:
    tokens = list(deep_tokens(text))
    for token in tokens:
        if token.kind == "open":
            yield Hit(token.start, "unterminated")
        elif token.kind == "meta":
            yield Hit(token.start, "psql-meta")
        elif names_information_schema(token):
            yield Hit(token.start, "information-schema")
    for before, token in pairwise(tokens):
        if before.key in {"when", "or"} and token.key == "others":
            yield Hit(before.start, "when-others")
    yield from regclass_rule(tokens)
    yield from unqualified(used_tables(tokens))


def names_information_schema(token: Token) -> bool:
    if token.kind in {"string", "dollar"}:  # dynamic SQL; the bare name in a list of schemas is harmless
        return re.search(r"information_schema\s*\.", token.text, re.IGNORECASE) is not None
    return token.text.lower().strip('"') == "information_schema"


def regclass_rule(tokens: list[Token]) -> Iterator[Hit]:
    literals = [tokens[i - 3] for i in sequences(tokens, ":: regclass") if i >= 3]
    literals += [token for i in sequences(tokens, "to_regclass (") for token in tokens[i : i + 1]]
    for token in literals:
        if token.kind == "string" and "." not in token.text:
            yield Hit(token.start, "unqualified", token.text)


def unqualified(names: Iterable[Name]) -> Iterator[Hit]:
    yield from (Hit(name.offset, "unqualified", name.text) for name in names if not name.schema)


def name_rule(statement: Statement) -> Iterator[Hit]:
    names = [subject(statement)]
    if statement.keys[0] == "drop" and "(" not in statement.keys:
        names += [name_at(statement.tokens, i) for i in sequences(statement.tokens, ",")]
    yield from unqualified(name for name in names if name)


def guard_rule(statement: Statement) -> Iterator[Hit]:
    name = subject(statement)
    if name and name.is_host and locks_as_guard(statement):
        yield Hit(statement.start, "locking-guard", name.text)


def locks_as_guard(statement: Statement) -> bool:
    if is_index(statement):
        return statement.has("if not exists") and not statement.has("concurrently")
    guards = ("add column if not", "add if not", "drop column if exists", "drop if exists")
    return statement.keys[:2] == ("alter", "table") and any(statement.has(words) for words in guards)


def placement_rule(statement: Statement, mode: str) -> Iterator[Hit]:
    if statement.place == "top" and mode == "concurrent":
        if not (is_index(statement) and statement.has("index concurrently if not exists")):
            yield Hit(statement.start, "concurrent-only")
    elif statement.place == "top" and not is_do_block(statement):
        yield Hit(statement.start, "do-only")
    if mode != "concurrent" and is_index(statement) and (name := subject(statement)) and name.is_host:
        yield Hit(statement.start, "host-index", name.text)


def is_do_block(statement: Statement) -> bool:
    # A body in plain quotes would escape every other rule.
    return statement.keys[0] == "do" and any(token.body for token in statement.tokens)


def commit_rule(text: str, mode: str) -> Iterator[Hit]:
    commits = [commit for token in code(text) if token.body for commit in commits_in(code(text, *token.body))]
    if mode != "batched":
        yield from (Hit(commit.start, "commit-inside") for commit in commits)
    elif not commits or len([*split(code(text))]) != 1:
        yield Hit(0, "one-batch")


def commits_in(tokens: list[Token]) -> Iterator[Token]:
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if before.key in OPENERS | {";"} and token.key in {"commit", "rollback"} and after.key in {";", "and"}:
            yield token


def sidecar_rules(text: str, kind: str, mode: str) -> Iterator[Hit]:
    if kind == "down":
        if not DOWN_HEADER.match(text):
            yield Hit(0, "no-header")
        if mode == "concurrent":
            yield from drop_rule(text)
    elif kind and [chunk[0].key in {"select", "with"} for chunk in split(code(text))] != [True]:
        yield Hit(0, "one-select")


def drop_rule(text: str) -> Iterator[Hit]:
    for statement in statements(text):
        if not statement.has("drop index concurrently if exists"):
            yield Hit(statement.start, "drop-only")


def statement_rules(text: str, mode: str, *, is_patch: bool) -> Iterator[Hit]:
    for statement in statements(text):
        if statement.place == "top" and statement.keys[0] in TRANSACTION:
            yield Hit(statement.start, "transaction")
            continue
        yield from name_rule(statement)
        if mode != "concurrent":
            yield from guard_rule(statement)
        if is_patch:
            yield from placement_rule(statement, mode)


# squawk


def visible_to_squawk(text: str) -> str:
    """The text with all but its DDL blanked: the DO blocks' own, and every top-level statement.

    Lines and columns stay. `-- squawk-ignore rule` comments stay too, so they work inside DO.
    """
    kept = bytearray(len(text))
    for span in ddl_spans(text):
        kept[span] = b"\1" * (span.stop - span.start)
    return "".join(char if char == "\n" or keep else " " for char, keep in zip(text, kept, strict=True))


def ddl_spans(text: str) -> Iterator[slice]:
    for statement in statements(text):
        top = statement.place == "top" and statement.keys[0] != "do"
        name = subject(statement)
        if name and name.schema == "pg_temp":  # nobody else sees it
            continue
        if top or (statement.place == "do" and statement.keys[0] in DDL):
            yield slice(statement.start, statement.end)
    for token in [
        *lex(text),
        *(inner for block in code(text) if block.body for inner in lex(text, *block.body)),
    ]:
        if token.kind == "comment" and token.text.startswith("-- squawk-ignore "):
            yield slice(token.start, token.end)


def squawk_hits(text: str, mode: str) -> Iterator[Hit]:
    """squawk's findings; raises SquawkError."""
    visible = visible_to_squawk(text)
    for report in run_squawk(visible, in_transaction=mode != "concurrent"):
        offset = offset_of(visible, report["line"], report["column"])
        if not is_off(report["rule_name"], text, offset):
            advice = f" ({report['help']})" if report["help"] else ""
            yield Hit(offset, f"squawk {report['rule_name']}", report["message"] + advice)


def is_off(rule: str, text: str, offset: int) -> bool:
    if rule in SQUAWK_OFF_HOST_COLUMNS:
        return in_host_column(text, offset)
    return rule in SQUAWK_OFF_OWN_TABLES and any(name.schema in OWN_SCHEMAS for name in subjects_at(text, offset))


def subjects_at(text: str, offset: int) -> Iterator[Name]:
    for statement in statements(text):
        if statement.place != "function" and statement.start <= offset < statement.end:
            name = subject(statement)
            if name:
                yield name


def offset_of(text: str, line: int, column: int) -> int:
    """squawk counts lines from 0, and columns in bytes."""
    lines = text.split("\n")
    before = lines[line].encode()[:column].decode(errors="ignore") if line < len(lines) else ""
    return sum(len(each) + 1 for each in lines[:line]) + len(before)


def run_squawk(sql: str, *, in_transaction: bool) -> list[SquawkReport]:
    # An empty configuration: a .squawk.toml above the working directory must not change the outcome.
    command = [str(SQUAWK), "--reporter=json", "--config=/dev/null", f"--exclude={','.join(SQUAWK_OFF)}"]
    command += ["--assume-in-transaction"] if in_transaction else []
    try:
        done = subprocess.run(command, input=sql, capture_output=True, encoding="utf-8", check=False)
    except OSError as error:
        raise SquawkError(str(error)) from error
    try:
        reports: list[SquawkReport] = json.loads(done.stdout)
    except ValueError as error:
        raise SquawkError(f"exit status {done.returncode}: {done.stderr.strip()}") from error
    return reports


def in_host_column(text: str, offset: int) -> bool:
    """Whether the column type at this offset is one the host dictates."""
    for statement in statements(text):
        if statement.place != "function" and statement.start <= offset < statement.end:
            column = [token.key for token in statement.tokens if token.end <= offset][-1:]
            name = subject(statement)
            if (name and name.is_host) or HOST_KEYS.intersection(column):
                return True
    return False


# The folder


def folder_rules(files: Iterable[Path]) -> Iterator[Finding]:
    seen: dict[str, Path] = {}
    names = {path.name for path in files}
    for path in sorted(files):
        match = FILE_NAME.fullmatch(path.name)
        if not match:
            yield finding(path, 1, Hit(0, "file-name"))
        elif match["sidecar"]:
            if f"{match['stem']}.sql" not in names:
                yield finding(path, 1, Hit(0, "no-patch"))
            if match["sidecar"] == "down" and is_destructive(path) and f"{match['stem']}.loss.sql" not in names:
                yield finding(path, 1, Hit(0, "no-loss"))
        else:
            if (first := seen.setdefault(match["number"], path)) != path:
                yield finding(path, 1, Hit(0, "number-twice", first.name))
            if f"{match['stem']}.verify.sql" not in names:
                yield finding(path, 1, Hit(0, "no-verify"))


def is_destructive(path: Path) -> bool:
    return DESTRUCTIVE.match(path.read_text(errors="replace")) is not None


def file_findings(path: Path) -> Iterator[Finding]:
    data = path.read_bytes()
    hits = list(bytes_rules(data))
    yield from (finding(path, data.count(b"\n", 0, hit.offset) + 1, hit) for hit in hits)
    if {"encoding", "bom", "nul"}.isdisjoint(hit.rule for hit in hits):
        text = data.decode()
        hits = list(text_rules(text, patch_mode(path), sidecar_kind(path)))
        yield from (finding(path, text.count("\n", 0, hit.offset) + 1, hit) for hit in hits)


def text_rules(text: str, mode: str, sidecar: str | None) -> Iterator[Hit]:
    """`sidecar` is None for a patch."""
    hits = list(token_rules(text))
    yield from hits
    if any(hit.rule == "unterminated" for hit in hits):
        return  # no statement can be told apart
    yield from statement_rules(text, mode, is_patch=sidecar is None)
    if sidecar is None:
        yield from commit_rule(text, mode)
        yield from squawk_hits(text, mode)
    else:
        yield from sidecar_rules(text, sidecar, mode)


def patch_mode(path: Path) -> str:
    """The mode in the header of the patch, also for its sidecars but a rollback, which has its own; tx when there is
    none."""
    own = sidecar_kind(path) == "down"
    file = path if own else path.with_name(path.name.partition(".")[0] + ".sql")
    header = MODE.search(file.read_text(errors="replace")) if file.exists() else None
    return header[1] if header else "tx"


def is_patch(path: Path) -> bool:
    return FILE_NAME.fullmatch(path.name) is not None and sidecar_kind(path) is None


def sidecar_kind(path: Path) -> str | None:
    """Which one it is; None for a patch, nothing for a file that is neither."""
    match = FILE_NAME.fullmatch(path.name)
    return match["sidecar"] if match else ""


def finding(path: Path, line: int, hit: Hit) -> Finding:
    # squawk's own rules are not in RULES: their whole message is the detail.
    return Finding(path, line, hit.rule, ": ".join(filter(None, (hit.detail, RULES.get(hit.rule)))))


def lint(directory: Path) -> tuple[int, list[Finding]]:
    """The number of patches and what is wrong with them; raises SquawkError."""
    files = [path for path in directory.iterdir() if path.is_file()]
    findings = [*folder_rules(files)]
    for path in files:
        findings += file_findings(path) if path.suffix == ".sql" else []
    return sum(map(is_patch, files)), sorted(findings)


def fail(message: str) -> int:
    print(f"lint_patches: {message}", file=sys.stderr)
    return 2


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=ROOT / "sql" / "patches")
    directory: Path = parser.parse_args(arguments).directory
    try:
        count, findings = lint(directory)
    except OSError as error:
        return fail(str(error))
    except SquawkError as error:
        return fail(f"squawk did not run: {error}")
    print(*findings, sep="\n") if findings else print(f"{count} patches, no findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
