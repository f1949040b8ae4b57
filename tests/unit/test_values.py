"""Values of options, and database URLs as other programs write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import conninfo

from metaads_cli import redact
from metaads_cli.cli.values import day, duration_seconds, number_of_days
from metaads_cli.db.connection import connect, normalise_url
from metaads_cli.errors import ConfigError, UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("5m", 300), ("1h", 3600), ("1.5h", 5400), ("0", 0), ("0.25s", 0.25), (" 2m ", 120)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1s", "5 m", "5min", "1d", "1h30m", "1e3", "5M", ".5s", "5.", "inf", "nan"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        duration_seconds(text)
    assert caught.value.message == f"{text!r} is no duration; expected a number with s, m or h, such as 90s or 5m"


@pytest.mark.parametrize(
    ("text", "days"), [("30d", 30), ("4w", 28), ("1d", 1), ("9999d", 9999), (" 7d ", 7), ("007d", 7)]
)
def test_a_number_of_days_is_in_days_or_weeks(text: str, days: int) -> None:
    assert number_of_days(text) == days


@pytest.mark.parametrize("text", ["", "30", "d", "0d", "0w", "-1d", "1.5d", "3m", "10000d", "30 d", "30D"])
def test_what_is_no_number_of_days_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        number_of_days(text)
    assert caught.value.message == f"--last is {text!r}; expected a number of days or weeks, such as 30d or 4w"


@pytest.mark.parametrize("text", ["2026-11-21", " 2026-11-21 "])
def test_a_day_is_in_iso_form(text: str) -> None:
    assert day(text, "--since") == date(2026, 11, 21)


@pytest.mark.parametrize(
    "text", ["", "2026-11-31", "2026-13-01", "21.11.2026", "11/21/2026", "2026-11", "today", "2026-11-21T10:00"]
)
def test_what_is_no_day_is_refused_with_the_option(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        day(text, "--until")
    assert caught.value.message == f"--until is {text!r}; expected a day such as 2026-11-21"


@given(st.text(max_size=10))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    for parse in (duration_seconds, number_of_days, lambda value: day(value, "--since")):
        try:
            value = parse(text)
        except UsageError as error:
            value = error.message
        assert value is not None


# --- database URLs


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "_known", set())


URLS = [
    (
        "postgresql://ana:s3cr3t@db:5432/clinic",
        {"host": "db", "port": "5432", "user": "ana", "password": "s3cr3t", "dbname": "clinic"},
    ),
    ("postgres://db/clinic", {"host": "db", "dbname": "clinic"}),
    ("postgresql+asyncpg://db/clinic", {"host": "db", "dbname": "clinic"}),
    ("postgresql+psycopg2://db/clinic", {"host": "db", "dbname": "clinic"}),
    ("postgres+psycopg://db/clinic", {"host": "db", "dbname": "clinic"}),
    ("postgresql+asyncpg://db/clinic?ssl=true", {"host": "db", "dbname": "clinic", "sslmode": "require"}),
    ("postgresql+asyncpg://db/clinic?ssl=False", {"host": "db", "dbname": "clinic", "sslmode": "disable"}),
    ("postgresql+asyncpg://db/clinic?ssl=verify-full", {"host": "db", "dbname": "clinic", "sslmode": "verify-full"}),
    ("postgresql://db/clinic?sslmode=require", {"host": "db", "dbname": "clinic", "sslmode": "require"}),
    ("postgresql://ana:p%40s%2Fs@db/clinic", {"host": "db", "user": "ana", "password": "p@s/s", "dbname": "clinic"}),
    ("postgresql://%2Fvar%2Frun/clinic", {"host": "/var/run", "dbname": "clinic"}),
    ("postgresql://ana@/clinic?host=/var/run", {"host": "/var/run", "user": "ana", "dbname": "clinic"}),
    ("postgresql:///clinic?host=/var/run", {"host": "/var/run", "dbname": "clinic"}),
    ("postgresql+asyncpg:///clinic?host=%2Fvar%2Frun", {"host": "/var/run", "dbname": "clinic"}),
    ("postgresql:///clinic", {"dbname": "clinic"}),
    ("postgresql://", {}),
    ("postgresql://a:1,b:2/clinic", {"host": "a,b", "port": "1,2", "dbname": "clinic"}),
    ("postgresql://[::1]:5432/clinic", {"host": "::1", "port": "5432", "dbname": "clinic"}),
    (
        "postgresql://db/clinic?application_name=my%20app",
        {"host": "db", "dbname": "clinic", "application_name": "my app"},
    ),
    (
        "postgresql://db/clinic?options=-c%20search_path%3Da%2Cb",
        {"host": "db", "dbname": "clinic", "options": "-c search_path=a,b"},
    ),
    ("host=db dbname=clinic password=s3cr3t", {"host": "db", "dbname": "clinic", "password": "s3cr3t"}),
]


@pytest.mark.parametrize(("url", "parameters"), URLS, ids=[url for url, _ in URLS])
def test_a_url_of_any_driver_is_read_as_libpq_reads_it(url: str, parameters: dict[str, str]) -> None:
    assert conninfo.conninfo_to_dict(normalise_url(url)) == parameters


@pytest.mark.parametrize(("url", "_"), URLS, ids=[url for url, _ in URLS])
def test_a_url_that_is_read_twice_stays_as_it_is(url: str, _: object) -> None:
    assert normalise_url(normalise_url(url)) == normalise_url(url)


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("postgresql+asyncpg://ana:hunter2@db/clinic", "hunter2"),
        ("postgresql://ana:hunt%40er2@db/clinic", "hunt@er2"),
        ("postgresql://ana:hunt%40er2@db/clinic", "hunt%40er2"),
        ("postgresql://:hunter2@db/clinic", "hunter2"),
        ("postgresql://db/clinic?user=ana&password=hunter2", "hunter2"),
    ],
)
def test_the_password_is_masked_wherever_it_appears_from_then_on(url: str, password: str) -> None:
    normalise_url(url)
    assert redact.redact(f"the server says {password}!") == "the server says ***!"


@pytest.mark.parametrize("url", ["postgresql://ana:hunter2@more@db/clinic", "postgresql://ana:hunter2/more@db/clinic"])
def test_a_password_that_would_be_read_as_host_or_database_is_refused_and_masked(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^The database URL is malformed: ") as caught:
        normalise_url(url)
    assert "hunter2" not in caught.value.message
    assert "hunter2" not in redact.redact(f"'{url}'")


@pytest.mark.parametrize("url", ["postgresql://[::1/clinic", "postgresql://db/clinic?colour=red", "host=db colour=red"])
def test_a_url_that_libpq_cannot_read_is_an_error_of_configuration(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^The database URL is malformed: "):
        connect(normalise_url(url), 1)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2/secret@h/db",
        "u:hunter2secret@h/db",
        "postgres:u:hunter2secret@h/db",
        "postgresql:/u:hunter2secret@h/db",
        "//u:hunter2secret@h/db",
        "postgresql://u:hunter2secret",
        "host=h password='hunter2 secret",
        "host=h password=hunter2 secret",
    ],
)
def test_what_libpq_says_of_a_malformed_url_is_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^The database URL is malformed: ") as caught:
        connect(normalise_url(url), 1)
    assert not any(part in f"{caught.value.message}{caught.value.hint}" for part in ("hunter2", "secret"))
    assert "postgresql://USER:PASSWORD@HOST:PORT/DATABASE" in redact.redact(str(caught.value.hint))


def test_a_password_in_a_list_that_looks_like_a_url_is_left_alone() -> None:
    assert normalise_url("host=h password=a+b://c") == "host=h password=a+b://c"
