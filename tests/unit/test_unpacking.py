"""gzip and zstd: whole, in parts, cut off, damaged; what can be read is read, in bounded memory."""

import gzip
import io
import tracemalloc
from collections.abc import Callable

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from builders import body, lines, message
from metaads_cli.referrals.decoding import BrokenDocument, Document
from metaads_cli.referrals.documents import read_documents
from metaads_cli.referrals.shapes import is_payload

Pack = Callable[[bytes], bytes]
PACKERS: dict[str, Pack] = {"gzip": gzip.compress, "zstd": zstd.compress}
LINES = [lines(body(message(event=f"wamid.{number}"))).encode() for number in range(300)]
LOG = b"".join(LINES)
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"


class Trickle(io.RawIOBase):
    """A stream that gives one byte at a time, as a slow pipe may."""

    def __init__(self, raw: bytes):
        self._rest = iter(raw)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        for byte in self._rest:
            buffer[0] = byte
            return 1
        return 0


def read(raw: bytes, max_bytes: int = 2**20, *, rows: bool = False) -> list[Document | BrokenDocument]:
    stream = io.BufferedReader(io.BytesIO(raw))
    return list(read_documents(stream, max_bytes=max_bytes, is_payload=is_payload, rows=rows))


def texts(items: list[Document | BrokenDocument]) -> list[bytes]:
    return [one.raw + b"\n" for one in items if isinstance(one, Document)]


@pytest.mark.parametrize("kind", PACKERS)
def test_packed_lines_come_out_with_their_numbers(kind: str) -> None:
    items = read(PACKERS[kind](LOG))
    assert texts(items) == LINES
    assert [one.line for one in items] == list(range(1, 301))


@pytest.mark.parametrize("kind", PACKERS)
def test_parts_that_were_packed_by_themselves_are_one_log(kind: str) -> None:
    pack = PACKERS[kind]
    parts = pack(LOG[:1000]) + pack(b"") + pack(LOG[1000:7000]) + pack(LOG[7000:])
    assert texts(read(parts)) == LINES


def test_zeros_behind_gzip_and_frames_without_data_of_zstd_are_passed_over() -> None:
    assert texts(read(gzip.compress(LOG) + bytes(512))) == LINES
    assert texts(read(SKIPPABLE + zstd.compress(LOG) + SKIPPABLE)) == LINES


@pytest.mark.parametrize("kind", PACKERS)
def test_a_pipe_that_gives_one_byte_at_a_time_is_recognised(kind: str) -> None:
    stream = io.BufferedReader(Trickle(PACKERS[kind](b"".join(LINES[:3]))))
    assert texts(list(read_documents(stream, max_bytes=2**20, is_payload=is_payload))) == LINES[:3]


@pytest.mark.parametrize("kind", PACKERS)
@given(share=st.floats(0, 1, exclude_max=True))
def test_of_what_was_cut_off_all_whole_lines_come_out_and_one_reject_says_so(kind: str, share: float) -> None:
    packed = PACKERS[kind](LOG)
    cut = packed[: 4 + int(share * (len(packed) - 4))]
    *documents, broken = read(cut)
    assert texts(documents) == LINES[: len(documents)]
    assert all(isinstance(one, Document) for one in documents)
    assert isinstance(broken, BrokenDocument)
    assert broken.reason == f"the {kind} data end too early (truncated)"
    assert LOG[len(b"".join(LINES[: len(documents)])) :].startswith(broken.raw)
    assert broken.line == len(documents) + 1


@pytest.mark.parametrize("kind", PACKERS)
@given(data=st.data())
def test_damage_ends_it_with_one_reject_and_never_raises(kind: str, data: st.DataObject) -> None:
    packed = bytearray(PACKERS[kind](LOG))
    position = data.draw(st.integers(4, len(packed) - 1))
    packed[position] ^= data.draw(st.integers(1, 255))
    items = read(bytes(packed))
    ended = [one.reason for one in items if isinstance(one, BrokenDocument) and one.reason.startswith(f"the {kind}")]
    assert len(ended) <= 1
    assert not ended or isinstance(items[-1], BrokenDocument)


@pytest.mark.parametrize("kind", PACKERS)
def test_other_bytes_behind_the_packed_ones_do_not_spoil_what_came_before(kind: str) -> None:
    *documents, broken = read(PACKERS[kind](LOG) + b"garbage")
    assert texts(documents) == LINES
    assert isinstance(broken, BrokenDocument)
    assert broken.reason.startswith(f"the {kind} data are damaged (")


def test_a_row_that_was_cut_off_is_not_taken_for_a_whole_one() -> None:
    packed = gzip.compress(b"phone,ad_id\n5491155550001,1202\n5491155550002,120200000000000001")
    *documents, broken = read(packed[:-8], rows=True)
    assert [one.line for one in documents] == [2]
    assert (broken.line, broken.raw) == (3, b"phone,ad_id\n5491155550002,120200000000000001")


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("filler", [b"x", b'{"a":"' + b"x" * 200, b"["])
def test_what_a_few_bytes_unfold_into_takes_a_bounded_memory(kind: str, filler: bytes) -> None:
    bomb = PACKERS[kind](filler * (4 * 2**20 // len(filler)))
    stream = io.BufferedReader(io.BytesIO(bomb))
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_documents(stream, max_bytes=2**16, is_payload=is_payload))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count <= 2
    assert peak < 2 * 2**20
