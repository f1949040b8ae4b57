"""`metaads ingest` from everything a business has: archives, folders, spreadsheets, logs that grow, signed requests."""

import gzip
import hashlib
import hmac
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from builders import AD, NOON, body, lines, message
from harness import Program, on_terminal

Rows = Callable[..., list[tuple[Any, ...]]]
PHONES = "SELECT phone_number FROM patients ORDER BY phone_number"
SECRET, YCLOUD_SECRET = "app-s3cret-of-the-tests", "ycloud-s3cret-of-the-tests"


def phone(number: int) -> str:
    return f"549115555{number:04}"


def touch(number: int) -> str:
    return lines(body(message(phone(number))))


def rejected(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def ingested(metaads: Program, *arguments: str, **more: Any) -> dict[str, Any]:
    told = metaads("ingest", *arguments, "--json", **more)
    assert (told.code, told.stderr) == (0, "")
    return dict(json.loads(told.stdout))


def test_a_folder_with_plain_and_packed_logs_is_read(metaads: Program, tmp_path: Path, rows: Rows) -> None:
    (tmp_path / "logs" / "2026").mkdir(parents=True)
    (tmp_path / "logs" / "a.jsonl").write_text(touch(1))
    (tmp_path / "logs" / "2026" / "b.gz").write_bytes(b"".join(gzip.compress(touch(n).encode()) for n in (2, 3)))
    (tmp_path / "logs" / "2026" / "c").write_bytes(zstd.compress(touch(4).encode()))
    (tmp_path / "logs" / ".part").write_text("nonsense")
    assert ingested(metaads, str(tmp_path / "logs"))["attributed"] == 4
    assert rows(PHONES) == [(phone(number),) for number in (1, 2, 3, 4)]
    assert ingested(metaads, str(tmp_path / "logs" / "**" / "[bc]*"))["duplicates"] == 3


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_packed_standard_input_is_read(metaads: Program, pack: Callable[[bytes], bytes]) -> None:
    assert ingested(metaads, "-", stdin=pack((touch(1) + touch(2)).encode()))["attributed"] == 2


def test_of_an_archive_that_was_cut_off_the_whole_lines_land(metaads: Program, tmp_path: Path, rows: Rows) -> None:
    path, rejects = tmp_path / "cut.gz", tmp_path / "rejects.jsonl"
    with gzip.open(path, "wb", compresslevel=0) as file:
        file.write((touch(1) + touch(2)).encode())
    path.write_bytes(path.read_bytes()[:-100])
    told = metaads("ingest", str(path), "--rejects", str(rejects))
    assert (told.code, rows(PHONES)) == (3, [(phone(1),)])
    assert "cut.gz:2: the gzip data end too early (truncated)" in told.stderr
    (reject,) = rejected(rejects)
    assert touch(2).startswith(reject["payload"])


def test_csv_and_json_lines_are_read_side_by_side(metaads: Program, tmp_path: Path, rows: Rows) -> None:
    table = "phone;ad_id;headline;timestamp;message_id\n"
    table += f'+{phone(1)};{AD};"two\nlines";{NOON};m1\n{phone(2)};{AD};x;soon;m2\n{phone(3)};{AD};x;{NOON};m3\n'
    (tmp_path / "leads.csv").write_text("\ufeff" + table)
    (tmp_path / "log.jsonl").write_text(touch(4))
    rejects = tmp_path / "rejects.jsonl"
    told = metaads("ingest", str(tmp_path / "l*"), "--tenant", "1", "--rejects", str(rejects))
    assert told.code == 3
    assert "leads.csv:4: " in told.stderr
    assert rows(PHONES) == [(phone(number),) for number in (1, 3, 4)]
    assert rows("SELECT meta_ad_headline FROM patients ORDER BY phone_number LIMIT 1") == [("two\nlines",)]
    rejects.write_text(rejects.read_text().replace("soon", str(NOON)))
    assert ingested(metaads, str(rejects), "--tenant", "1")["attributed"] == 1


def test_standard_input_is_csv_when_its_format_is_named(metaads: Program) -> None:
    table = f"phone,ad_id,timestamp,message_id\n{phone(1)},{AD},{NOON},m1\n"
    assert ingested(metaads, "-", "--format", "flat", "--tenant", "1", stdin=table)["attributed"] == 1


# --- signatures


def signed(text: str, secret: str = SECRET, **headers: str) -> str:
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return lines({"headers": {"X-Hub-Signature-256": f"sha256={digest}"} | headers, "body": text})


def test_what_is_signed_lands_and_what_is_not_is_rejected(metaads: Program, tmp_path: Path, rows: Rows) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(
        signed(touch(1)) + signed(touch(2), "another") + touch(3) + lines({"headers": {}, "body": touch(4)})
    )
    rejects = tmp_path / "rejects.jsonl"
    told = metaads("ingest", str(path), "--verify-signature", "--rejects", str(rejects), META_APP_SECRET=SECRET)
    assert (told.code, rows(PHONES)) == (3, [(phone(1),)])
    found = rejected(rejects)
    assert [(reject["line"], reject["reason"]) for reject in found] == [
        (2, "its X-Hub-Signature-256 is wrong"),
        (3, "it was captured without headers"),
        (4, "it carries neither X-Hub-Signature-256 nor YCloud-Signature"),
    ]
    assert "".join(reject["payload"] + "\n" for reject in found) == path.read_text().partition("\n")[2]
    again = metaads("ingest", str(rejects), "--verify-signature", META_APP_SECRET=SECRET)
    assert (again.code, rows(PHONES)) == (3, [(phone(1),)])


def test_requests_are_read_without_a_look_at_their_signatures_unless_asked(metaads: Program) -> None:
    assert ingested(metaads, "-", stdin=signed(touch(1), "another") + touch(2))["attributed"] == 2


@pytest.mark.parametrize("arguments", [("--verify-signature",), ("--verify-signature", "--debug", "-vv")])
def test_without_any_secret_nothing_is_read(metaads: Program, rows: Rows, arguments: tuple[str, ...]) -> None:
    told = metaads("ingest", "-", *arguments, stdin=signed(touch(1)))
    assert (told.code, told.stdout, rows(PHONES)) == (2, "", [])
    assert "hint: Set META_APP_SECRET; for YCloud METAADS_INGEST__YCLOUD_SECRET" in told.stderr


def test_it_stops_at_a_signature_whose_secret_is_missing(metaads: Program, rows: Rows) -> None:
    stdin = signed(touch(1)) + signed(touch(2), **{"YCloud-Signature": "t=1,s=" + "0" * 64}) + signed(touch(3))
    told = metaads("ingest", "-", "--verify-signature", stdin=stdin, META_APP_SECRET=SECRET)
    assert (told.code, rows(PHONES)) == (2, [(phone(1),)])
    assert told.stderr == (
        "error: standard input:2: it carries YCloud-Signature, whose secret is not known\n"
        "  hint: Set METAADS_INGEST__YCLOUD_SECRET. What was good before has landed\n"
    )


def test_what_ycloud_signs_is_verified_and_no_secret_is_ever_shown(metaads: Program, tmp_path: Path) -> None:
    secrets = {"METAADS_INGEST__YCLOUD_SECRET": f"file:{tmp_path / 'secret'}", "META_APP_SECRET": SECRET}
    (tmp_path / "secret").write_text(YCLOUD_SECRET + "\n")
    webhooks = metaads(
        *("stub", "webhooks", "--channel", "ycloud", "--count", "20", "--signed", "--secret-ref"),
        secrets["METAADS_INGEST__YCLOUD_SECRET"],
    ).stdout
    log = webhooks + signed(touch(1), SECRET + "x") + lines({"headers": {}, "body": SECRET + YCLOUD_SECRET})
    rejects = tmp_path / "rejects.jsonl"
    told = metaads(
        *("ingest", "-", "--verify-signature", "--tenant", "1", "-vv", "--debug", "--rejects", str(rejects)),
        stdin=log,
        **secrets,
    )
    shown = metaads("config", "show", "--origin", **secrets).stdout
    assert (told.code, "Rejected          2 " in told.stdout) == (3, True)
    for text in (told.stdout, told.stderr, shown):
        assert SECRET not in text
        assert YCLOUD_SECRET not in text
    assert f"file:{tmp_path / 'secret'}" in shown


# --- a file that grows


@contextmanager
def following(metaads: Program, path: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = metaads.start("ingest", "--follow", str(path), *arguments)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_growing_file_is_followed_until_a_signal(
    metaads: Program, tmp_path: Path, rows: Rows, number: signal.Signals, code: int
) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(touch(1))
    with following(metaads, path, "--json") as process:
        wait_until(lambda: len(rows(PHONES)) == 1)
        with path.open("a") as file:
            file.write(touch(2) + "nonsense\n" + touch(3)[:100])
        wait_until(lambda: len(rows(PHONES)) == 2)
        path.rename(tmp_path / "old")
        path.write_text(touch(4))
        wait_until(lambda: len(rows(PHONES)) == 3)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=30)
    report = json.loads(stdout)
    assert (process.returncode, report["attributed"], report["rejected"]) == (code, 3, 2)
    assert b'"code": "interrupted"' in stderr
    assert b"log.jsonl:3: not a JSON object, and 1 more; the rejects are in " in stderr


def test_a_signal_stores_what_was_read_before_it_stops(metaads: Program, tmp_path: Path, rows: Rows) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(map(touch, range(300))))
    with following(metaads, path, "-q") as process:
        wait_until(lambda: _has_opened(process, path))
        process.send_signal(signal.SIGTERM)
        stdout, _ = process.communicate(timeout=30)
    told = dict(line.split()[:2] for line in stdout.decode().splitlines())
    assert process.returncode == 143
    assert len(rows(PHONES)) == int(told["Attributed"]) == int(told["Referrals"])


def _has_opened(process: subprocess.Popen[bytes], path: Path) -> bool:
    assert process.poll() is None
    folder = Path(f"/proc/{process.pid}/fd")
    return any(os.path.realpath(link) == str(path) for link in folder.iterdir())


@pytest.mark.parametrize("arguments", [["-"], ["a", "b"], ["."], ["--retry-held"]])
def test_only_a_file_is_followed(metaads: Program, arguments: list[str]) -> None:
    for name in ("a", "b"):
        (metaads.home / name).touch()
    told = metaads("ingest", "--follow", *arguments)
    assert (told.code, told.stderr.startswith("error: --follow is for ")) == (2, True)


def test_a_terminal_shows_how_far_it_is(metaads: Program, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(map(touch, range(600))) + "nonsense\n")
    shown = on_terminal(metaads, "ingest", str(path), "--tenant", "1")
    assert "Reading" in shown
    assert "500 events, " in shown
    assert "/s: 500 referrals" in shown
    assert "log.jsonl:601: not a JSON object" in shown


# --- the worst files

GOOD = touch(1).encode()
DEEP = lines(body(message(phone(2), referral=0))).replace('"referral": 0', f'"referral": {"[" * 900}{"]" * 900}')
ODD = ({"object": "whatsapp_business_account", "entry": one} for one in (1, {}, [1], [{"changes": "a"}]))
WORST = {
    "truncated": GOOD + GOOD[:-40],
    "binary": bytes(range(256)) * 40,
    "random behind a good line": GOOD + hashlib.sha256(b"x").digest() * 50 + b"\n",
    "invalid UTF-8": GOOD + b'{"object": "whatsapp_business_account", "caf\xe9": 1}\n',
    "NUL in text": GOOD + b'{"object": "whatsapp_business_account", "a": "\0"}\n' + b"\0" * 5000,
    "a line of 50 MB": GOOD + b"x" * 50 * 2**20 + b"\n",
    "a document of 50 MB": GOOD + b'{"a": "' + b"x" * 50 * 2**20 + b'"}\n',
    "10,000 deep": GOOD + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"\n" + b"[" * 10_000 + b"\n",
    "deep in a message": GOOD + DEEP.encode(),
    "wrong types": GOOD + lines(*ODD).encode(),
    "a damaged archive": gzip.compress(GOOD * 500)[:200] + b"garbage" * 50,
}


@pytest.mark.parametrize("name", WORST)
def test_the_worst_files_end_in_a_sentence_and_their_good_lines_land(
    metaads: Program, tmp_path: Path, rows: Rows, name: str
) -> None:
    path, rejects = tmp_path / "worst", tmp_path / "rejects.jsonl"
    path.write_bytes(WORST[name])
    told = metaads("ingest", str(path), "--rejects", str(rejects), "--tenant", "1")
    assert told.code == 3
    assert "Traceback" not in told.stderr
    assert 1 <= len(told.stderr.splitlines()) <= 2
    landed = rows(PHONES)
    assert landed in ([(phone(1),)], [])
    assert landed or name in {"binary", "a damaged archive"}
    if name in {"binary", "a damaged archive"}:
        return
    payloads = [one["payload"].encode("utf-8", "surrogateescape") for one in rejected(rejects)]
    found = 0
    for payload in payloads:  # byte for byte, in order
        found = WORST[name].index(payload.strip(), found)
    assert payloads
    assert not any(GOOD.strip() in payload for payload in payloads)
