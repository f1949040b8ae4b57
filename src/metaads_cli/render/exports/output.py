"""A stream for libraries that write whole files."""

from typing import BinaryIO


class Output:
    """A pipe or a file, written from its beginning to its end.

    Libraries end a file by themselves when their writer is collected, and half a file would look like a whole one:
    after `abandon` nothing more is written.
    """

    closed = False

    def __init__(self, stream: BinaryIO):
        self._stream, self._position, self._is_open = stream, 0, True

    def write(self, data: bytes) -> int:
        if self._is_open:
            self._stream.write(data)
        self._position += len(data)
        return len(data)

    def abandon(self) -> None:
        self._is_open = False

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Nothing to do: who opened the stream closes it."""

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False
