"""What the operating system refuses, as a failure of ours: a full disk is no bug of the program."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metaads_cli.errors import MetaAdsError, Temporary, UsageError

PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE})
WRONG_STREAM = frozenset({errno.EBADF, errno.EISDIR, errno.EINVAL})


def explain(error: OSError) -> MetaAdsError | None:
    """The failure in words; None where only a bug explains it."""
    reason = error.strerror or str(error)
    if error.errno in PASSING:
        hint = "Once there is room, run the same command again"
        return Temporary(f"{_subject(error)} cannot be read or written: {reason}", hint=hint)
    if error.filename is not None:
        return UsageError(f"{_subject(error)} cannot be used: {reason}")
    if error.errno in WRONG_STREAM:
        return UsageError(f"{_subject(error)} cannot be read or written: {reason}")
    return None


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """While the result is written into this file, what fails is told by its name."""
    try:
        yield
    except BrokenPipeError:
        raise  # a named pipe whose reader left
    except OSError as error:
        kind = Temporary if error.errno in PASSING else UsageError
        raise kind(f"The file {file} cannot be written: {error.strerror}") from None


def _subject(error: OSError) -> str:
    return f"The file {error.filename}" if error.filename is not None else "Standard input or output"
