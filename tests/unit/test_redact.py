"""Secrets in every surrounding a message may have, and texts that must stay as they are."""

import json
import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli import redact as module
from metaads_cli.redact import MASK, redact, redact_url, redact_values, remember_secret

META = "EAAGm0PX4ZCpsBAKZCabcdefgh"
PRINTABLE = st.characters(codec="utf-8", exclude_characters="*", exclude_categories=("Cc", "Cs"))
SECRETS = st.text(PRINTABLE, min_size=6, max_size=40)
TEXTS = st.text(max_size=60)


@contextmanager
def remembered(*secrets: str) -> Iterator[None]:
    """What is remembered within is forgotten after."""
    before = set(module._known)
    module._known.clear()
    try:
        for secret in secrets:
            remember_secret(secret)
        yield
    finally:
        module._known.clear()
        module._known.update(before)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    with remembered():
        yield


MASKED = [
    # in URLs
    ("https://graph.facebook.com/v26.0/me?access_token=abc&fields=id", "…/me?access_token=***&fields=id"),
    ("GET /oauth?client_secret=s3cr3t&fb_exchange_token=t0k3n", "GET /oauth?client_secret=***&fb_exchange_token=***"),
    ("?input_token=abc&appsecret_proof=0f0f", "?input_token=***&appsecret_proof=***"),
    ("redirect=https%3A%2F%2Fa%3Faccess_token%3Dabc123", "redirect=https%3A%2F%2Fa%3Faccess_token%3D***"),
    # in headers
    ("Authorization: Bearer abc", "Authorization: Bearer ***"),
    ("authorization: Basic dXNlcjpwdw==", "authorization: Basic ***"),
    ("Authorization: s3cr3t", "Authorization: ***"),
    ("sent 'Bearer abcdefgh.ijkl-mnop' to", "sent 'Bearer ***' to"),
    ("{'Authorization': 'OAuth abc'}", "{'Authorization': 'OAuth ***'}"),
    # in JSON and in the words of a program
    ('{"access_token": "abc", "id": 1}', '{"access_token": "***", "id": 1}'),
    ('{"access_token":"abc","id":1}', '{"access_token":"***","id":1}'),
    ('{"password": "a b,c}d"}', '{"password": "***"}'),
    ('{"password": "a\\"b"}', '{"password": "***"}'),
    ('{"m": "{\\"access_token\\": \\"a b\\"}"}', '{"m": "{\\"access_token\\": \\"***\\"}"}'),
    ("{'app_secret': 'abc'}", "{'app_secret': '***'}"),
    ("META_APP_SECRET=abc POSTGRES_PASSWORD=def", "META_APP_SECRET=*** POSTGRES_PASSWORD=***"),
    ("METAADS_GRAPH__ACCESS_TOKEN=abc", "METAADS_GRAPH__ACCESS_TOKEN=***"),
    ("login(password=a)b,c)", "login(password=***)"),
    ("password=abc, user=x", "password=***, user=x"),
    ('say "password=abc"!', 'say "password=***"!'),
    # DSNs
    ("postgresql://ana:s3cr3t@db:5432/clinic", "postgresql://ana:***@db:5432/clinic"),
    ("postgresql+asyncpg://ana:p@ss:w@db/clinic", "postgresql+asyncpg://ana:***@db/clinic"),
    ("redis://:s3cr3t@cache/0", "redis://:***@cache/0"),
    ("host=db user=ana password=s3cr3t dbname=clinic", "host=db user=ana password=*** dbname=clinic"),
    ("host=db password='it''s two words' dbname=clinic", "host=db password='***' dbname=clinic"),
    ("PGPASSWORD=s3cr3t psql", "PGPASSWORD=*** psql"),
    # by their own form
    (f"token {META}!", "token ***!"),
    ("use 1234567890|AbCdEfGhIjKlMnOpQrSt", "use ***"),
]


@pytest.mark.parametrize(("text", "masked"), MASKED, ids=[text for text, _ in MASKED])
def test_a_secret_is_masked_and_its_surroundings_stay(text: str, masked: str) -> None:
    assert redact(text).endswith(masked.removeprefix("…"))
    assert redact(redact(text)) == redact(text)


def test_a_traceback_loses_its_secrets_and_keeps_its_lines() -> None:
    lines = [
        "Traceback (most recent call last):",
        '  File "a.py", line 3, in call',
        f'    get("https://graph.facebook.com/me", headers={{"Authorization": "Bearer {META}"}})',
        f"ValueError: Invalid URL 'https://graph.facebook.com/me?access_token={META}&a=1'",
    ]
    shown = redact("\n".join(lines)).splitlines()
    assert shown[:2] == lines[:2]
    assert shown[2:] == [line.replace(META, MASK) for line in lines[2:]]


HARMLESS = [
    "",
    "Invalid OAuth access token - Cannot parse access token",
    "Invalid OAuth 2.0 Access Token",
    'password authentication failed for user "ana"',
    "The environment variable META_ACCESS_TOKEN is not set, but the settings refer to it as env:META_ACCESS_TOKEN",
    "http://localhost:8080/health, ask ops@example.com",
    "postgresql://ana@db:5432/clinic",
    "postgresql:///clinic?host=/var/run/postgresql",
    "act_1234567890 120200000000000001 AfSYNTHETICCLICKID_image_0001",
    "password=''",
    '{"password": "", "user": "ana"}',
    "password:\n  two lines",
    "1234567890|short",
    "EAA is how tokens begin",
    "10 % | 20 %",
    "Año: «sí» 👍",
    "Expected: postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with %40",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_untouched(text: str) -> None:
    assert redact(text) == text


FRAGMENTS = [
    "password", "access_token", "Authorization", "Bearer", "oauth", "=", ":", "%3D", " ", "\n", '"', "'", "\\", "{",
    "}", ";", "&", "@", "/", ",", "postgresql://u:", "a", "abcdefgh1", "***", "1234567|", META,
]  # fmt: skip
PIECES = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join) | TEXTS


@given(PIECES)
def test_what_is_redacted_once_stays_as_it_is(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(st.recursive(PIECES | st.none() | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_a_json_value_keeps_its_shape_while_its_texts_are_redacted(value: object) -> None:
    def expected(part: object) -> object:
        if isinstance(part, list):
            return [expected(item) for item in part]
        return redact(part) if isinstance(part, str) else part

    assert redact_values(value) == expected(value)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"access_token": "abc", "id": "1"}, {"access_token": "***", "id": "1"}),
        ({"META_APP_SECRET": "abc", "password": None}, {"META_APP_SECRET": "***", "password": None}),
        ({"a": [{"b": ("password=abc", 1, 1.5, True)}]}, {"a": [{"b": ["password=***", 1, 1.5, True]}]}),
        ({"url": PurePosixPath("/me?access_token=abc")}, {"url": "/me?access_token=***"}),
        ({f"token {META}": 1}, {"token ***": 1}),
    ],
)
def test_a_text_under_a_key_that_names_a_secret_is_masked(value: object, masked: object) -> None:
    assert redact_values(value) == masked


@given(PIECES, SECRETS, PIECES)
def test_a_remembered_secret_survives_in_no_text(before: str, secret: str, after: str) -> None:
    with remembered(secret):
        assert secret not in redact(before + secret + after)


WRITTEN = {
    "as it is": lambda secret: secret,
    "in a URL": lambda secret: quote(secret, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in JSON": json.dumps,
    "in JSON with its own letters": lambda secret: json.dumps(secret, ensure_ascii=False),
    "in Python": repr,
}


@pytest.mark.parametrize("how", WRITTEN)
@given(SECRETS, st.text(string.ascii_letters + " .,:", max_size=20))
def test_a_remembered_secret_is_masked_however_it_is_written(how: str, secret: str, around: str) -> None:
    written = WRITTEN[how](secret)
    with remembered(secret):
        assert written.strip("\"'") not in redact(f"{around}{written}{around}")


def test_the_longer_of_two_secrets_is_masked_as_a_whole() -> None:
    with remembered("hunter2", "hunter2-and-more"):
        assert redact("hunter2-and-more, hunter2") == "***, ***"


@given(st.text(max_size=5))
def test_a_secret_as_short_as_a_word_does_not_blank_ordinary_text(short: str) -> None:
    with remembered(short):
        assert module._known == set()


def test_a_secret_of_undecodable_bytes_is_masked_too() -> None:
    secret = b"hunter2\xff\xfe".decode("utf-8", "surrogateescape")
    with remembered(secret):
        assert redact(f"<{secret}>") == "<***>"


URLS = [
    ("postgresql://u:hunter2@h:5432/db", "postgresql://u:***@h:5432/db"),
    ("postgresql+asyncpg://u:hunt%40er2@h/db", "postgresql+asyncpg://u:***@h/db"),
    ("postgresql://u:hunter2@a:1,b:2/db", "postgresql://u:***@a:1,b:2/db"),
    ("postgresql://:hunter2@[::1]:5432/db", "postgresql://:***@[::1]:5432/db"),
    ("postgresql://u:hunter:2@h/db", "postgresql://u:***@h/db"),
    ("postgresql://u@h/db?sslmode=require&password=hunter2", "postgresql://u@h/db?sslmode=require&password=***"),
    ("postgresql://u@h/db?sslpassword=hunter2&hunter2", "postgresql://u@h/db?sslpassword=***&***"),
    ("postgresql://u@/db?host=/var/run", "postgresql://u@/db?host=/var/run"),
    ("postgresql:///db", "postgresql:///db"),
    ("host=h password=hunter2 dbname=d", "host=h password=*** dbname=d"),
    ("host=h password=hunter2\\ secret", "host=h password=***"),
    ("host = h password = 'hunter2 secret' user=u", "host=h password=*** user=u"),
    # where it is not certain which part is the password
    ("postgresql://u:hunter2/secret@h/db", "***"),
    ("postgresql://u:hunter2 secret@h/db", "***"),
    ("postgresql://u:hunter2@secret@h/db", "***"),
    ("postgresql://u:hunter2?secret@h/db", "***"),
    ("postgresql://u:hunter2#secret@h/db", "***"),
    ("u:hunter2secret@h/db", "***"),
    ("postgres:u:hunter2secret@h/db", "***"),
    ("postgresql:/u:hunter2secret@h/db", "***"),
    ("//u:hunter2secret@h/db", "***"),
    ("postgresql://u:hunter2secret", "***"),
    ("host=h password=hunter2 secret", "***"),
    ("host=h password='hunter2 secret", "***"),
    ("hunter2", "***"),
    ("", ""),
]


@pytest.mark.parametrize(("url", "shown"), URLS, ids=[url for url, _ in URLS])
def test_a_database_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert redact_url(url) == shown
    assert redact(redact_url(url)) == shown


@given(st.text(PRINTABLE, min_size=6).filter(lambda text: text not in "postgresql://user:***@host:5432/db"))
def test_no_password_is_shown_whatever_is_in_it(password: str) -> None:
    assert password not in redact_url(f"postgresql://user:{password}@host:5432/db")
