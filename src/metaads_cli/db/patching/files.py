"""Patch files: read, checked and taken apart before anything touches a database.

A patch is `NNNN_name.sql`, runnable by plain psql as well. Its first line is a header:

    -- metaads: mode=tx when=public.patients requires=0005_a lock_timeout_ms=100 min_pg=14 destructive=no

`mode=tx` runs as a whole in one transaction; `mode=concurrent` holds CREATE INDEX CONCURRENTLY statements, run one by
one; `mode=batched` is one DO block that commits in a loop. Beside it:

    NNNN_name.when.sql      one SELECT of a boolean: whether it applies here, where no table's presence says so
    NNNN_name.verify.sql    one SELECT of (check text, ok bool, detail text): what the patch promises
    NNNN_name.down.sql      its rollback, with a header of its own
    NNNN_name.loss.sql      one SELECT of (what text, count bigint): values that a rollback would lose
    NNNN_name.preview.sql   one SELECT of (what text, count bigint): what it would change in rows that are there
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

from metaads_cli.db.patching.header import PATCH_NAME, Header, parse_header
from metaads_cli.db.patching.statements import (
    IndexStatement,
    index_statements,
    refuse_commits_inside,
    refuse_transaction_control,
    require_one_batched_block,
)
from metaads_cli.errors import InputError


@dataclass(frozen=True)
class Down:
    """How a patch is taken back. A destructive one has `loss`: what that would lose."""

    name: str
    text: str
    header: Header
    loss: str | None = None

    @cached_property
    def index_statements(self) -> list[IndexStatement]:
        return index_statements(self.name, self.text, "drop")


@dataclass(frozen=True)
class Patch:
    name: str
    text: str
    header: Header
    verify: str | None
    down: Down | None = None
    preview: str | None = None
    applies: str | None = None
    """Its `.when.sql`."""

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of what matters of the text: line ends and trailing blanks do not."""
        lines = self.text.replace("\r\n", "\n").split("\n")
        normal = "\n".join(line.rstrip(" \t\r") for line in lines).rstrip("\n")
        return hashlib.sha256(normal.encode()).hexdigest()

    @cached_property
    def index_statements(self) -> list[IndexStatement]:
        return index_statements(self.name, self.text, "create")


def sql_directory() -> Path:
    """Where the SQL files are: inside the installed package, or in the repository of an editable install."""
    packaged = Path(str(resources.files("metaads_cli"))) / "sql"
    return packaged if packaged.is_dir() else Path(__file__).parents[4] / "sql"


def load_patches(directory: Path | None = None) -> list[Patch]:
    """All patches in the order of their numbers. Raises InputError naming the file that cannot be used."""
    directory = directory or sql_directory() / "patches"
    paths = sorted(path for path in directory.glob("*.sql") if path.name.count(".") == 1)
    patches = [load_patch(path) for path in paths]
    _refuse_equal_numbers(patches)
    _refuse_unknown_requirements(patches)
    return patches


def load_patch(path: Path) -> Patch:
    """One patch with its sidecars, checked."""
    if not PATCH_NAME.fullmatch(path.stem):
        raise InputError(f"{path} is no patch file: expected a name such as 0007_add_something.sql")
    text = _read(path)
    patch = Patch(
        name=path.stem,
        text=text,
        header=parse_header(path, text),
        verify=_sidecar(path, "verify"),
        down=_load_down(path),
        preview=_sidecar(path, "preview"),
        applies=_sidecar(path, "when"),
    )
    if patch.header.mode == "concurrent":
        _ = patch.index_statements
    else:
        refuse_transaction_control(path, text)
    if patch.header.mode == "tx":
        refuse_commits_inside(path, text)
    if patch.header.mode == "batched":
        require_one_batched_block(path, text)
    return patch


def _load_down(patch: Path) -> Down | None:
    path = patch.with_suffix(".down.sql")
    if not path.is_file():
        return None
    text = _read(path)
    header = parse_header(path, text, modes=("tx", "concurrent"))
    down = Down(path.stem, text, header, _sidecar(patch, "loss"))
    if header.destructive and down.loss is None:
        raise InputError(f"{path}: a destructive rollback needs {patch.stem}.loss.sql, which counts what is lost")
    if header.mode == "concurrent":
        _ = down.index_statements
    else:
        refuse_transaction_control(path, text)
        refuse_commits_inside(path, text)
    return down


def _sidecar(patch: Path, kind: str) -> str | None:
    path = patch.with_suffix(f".{kind}.sql")
    return _read(path) if path.is_file() else None


def _refuse_equal_numbers(patches: Iterable[Patch]) -> None:
    seen: set[str] = set()
    for patch in patches:
        if patch.name[:4] in seen:
            earlier = next(each.name for each in patches if each.name[:4] == patch.name[:4])
            raise InputError(f"The patch number {patch.name[:4]} is used twice, by {earlier} and another file")
        seen.add(patch.name[:4])


def _refuse_unknown_requirements(patches: Iterable[Patch]) -> None:
    """Only earlier patches can be required: so nothing can wait for itself."""
    earlier: set[str] = set()
    for patch in patches:
        if unknown := [name for name in patch.header.requires if name not in earlier]:
            raise InputError(f"{patch.name}.sql:1: requires {unknown[0]}, which is no earlier patch")
        earlier.add(patch.name)


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
