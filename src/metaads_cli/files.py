"""Files that are there whole, or not at all."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Written beside its place, and put there when the block ends without an error: until then, and after an error,
    what is there stays. A pipe or a device is written to as it is.

    Raises OSError. A process that is killed leaves a hidden file that ends in `.part`.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    place = path.resolve()  # a link stays one
    _require_writable(place)
    part = place.with_name(f".metaads-{token_hex(8)}.part")
    try:
        with part.open("xb") as stream:
            if place.exists():  # who may not read what was there may not read what comes
                os.fchmod(stream.fileno(), stat.S_IMODE(place.stat().st_mode))
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _require_writable(place: Path) -> None:
    """What may not be written to may not be replaced either."""
    if place.exists() and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
