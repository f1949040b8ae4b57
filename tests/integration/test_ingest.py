"""Ingest against a real database: every touch once, the earliest one wins, no other tenant is touched."""

import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import AD, NOON, NUMBER_2, OTHER_AD, body, lines, message, statuses
from metaads_cli.console import Console
from metaads_cli.db.session import Database
from metaads_cli.errors import InputError
from metaads_cli.tasks.ingest import IngestOptions, IngestRun, Source, ingest
from metaads_cli.tasks.rejects import RejectsFile

SAMPLES = Path(__file__).parent.parent / "cases" / "whatsapp"
OPTIONS = {
    "tenant_id": None,
    "create_contacts": True,
    "batch_size": 5000,
    "max_document_bytes": 2**20,
    "max_rejects": None,
    "dry_run": False,
}
STATE = """
    SELECT tenant_id, phone_number, first_name, status, acquisition_source, meta_ad_id, meta_ad_headline, meta_ad_body,
           meta_campaign_id
    FROM patients ORDER BY tenant_id, phone_number
"""
Run = Callable[..., IngestRun]


@pytest.fixture
def run(database: Database, tmp_path: Path) -> Run:
    """Ingest the given texts, one file each."""
    number = itertools.count()

    def ingest_texts(*texts: str | bytes, **options: Any) -> IngestRun:
        inputs = []
        for text in texts:
            path = tmp_path / f"{next(number)}.jsonl"
            path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
            inputs.append(Source(str(path)))
        chosen = IngestOptions(**OPTIONS | options)
        with RejectsFile(tmp_path / "rejects.jsonl") as rejects, Console().progress("", None) as progress:
            return ingest(database, inputs, chosen, rejects, progress)

    return ingest_texts


def people(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(STATE).fetchall()


def add_patient(connection: psycopg.Connection, phone: str, tenant_id: int = 1, **columns: Any) -> int:
    values = {"tenant_id": tenant_id, "phone_number": phone, "first_name": "Known"} | columns
    names = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    row = connection.execute(
        f"INSERT INTO patients ({names}) VALUES ({marks}) RETURNING id".encode(), list(values.values())
    ).fetchone()
    assert row is not None
    return int(row[0])


def attribution(connection: psycopg.Connection, phone: str) -> tuple[Any, ...]:
    row = connection.execute(
        "SELECT acquisition_source, meta_ad_id, meta_ad_headline FROM patients WHERE phone_number = %s", [phone]
    ).fetchone()
    assert row is not None
    return row


def test_a_referral_from_an_unknown_contact_creates_an_attributed_guest(
    run: Run, connection: psycopg.Connection
) -> None:
    report = run(lines(body(message()))).report
    assert (report.referrals, report.attributed, report.created_contacts, report.duplicates) == (1, 1, 1, 0)
    assert people(connection) == [
        (1, "5491155550001", "Contact 5491155550001", "guest", "META_ADS", AD, f"Escríbenos {AD}", "Texto", None)
    ]


@pytest.mark.parametrize("stored", ["5491155550001", "+5491155550001"])
def test_a_known_contact_is_found_with_and_without_the_plus(
    run: Run, connection: psycopg.Connection, stored: str
) -> None:
    add_patient(connection, stored)
    report = run(lines(body(message()))).report
    assert (report.attributed, report.created_contacts) == (1, 0)
    assert attribution(connection, stored) == ("META_ADS", AD, f"Escríbenos {AD}")
    assert people(connection)[0][2:4] == ("Known", "active")


def test_the_second_run_changes_nothing(run: Run, connection: psycopg.Connection) -> None:
    text = lines(body(message(), message("5491155550002", NOON + 1)), body(message(at=NOON + 5, ad=OTHER_AD)))
    first = run(text).report
    before = people(connection), transactions_written(connection)
    second = run(text).report
    assert (second.attributed, second.created_contacts) == (0, 0)
    assert second.duplicates == first.referrals == 3
    assert (people(connection), transactions_written(connection)) == before


def transactions_written(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """The row versions and the sequence: equal only when nothing was written at all."""
    return [
        *connection.execute("SELECT id::text, xmin::text FROM patients ORDER BY id"),
        *connection.execute("SELECT 'sequence', last_value::text FROM patients_id_seq"),
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_earliest_touch_wins_in_any_order_of_arrival(
    run: Run, connection: psycopg.Connection, order: tuple[int, ...]
) -> None:
    touches = [
        lines(body(message(at=NOON + 100 * index, ad=ad))) for index, ad in enumerate([AD, OTHER_AD, "120200000000003"])
    ]
    for index in order:
        run(touches[index])
    assert attribution(connection, "5491155550001") == ("META_ADS", AD, f"Escríbenos {AD}")


def test_an_earlier_touch_by_another_ad_clears_the_campaign_name_of_the_later_one(
    run: Run, connection: psycopg.Connection
) -> None:
    run(lines(body(message(at=NOON + 100, ad=OTHER_AD))))
    connection.execute("UPDATE patients SET meta_campaign_id = 'Enriched'")
    run(lines(body(message(at=NOON, ad=AD))))
    assert people(connection)[0][4:9] == ("META_ADS", AD, f"Escríbenos {AD}", "Texto", None)


def test_an_earlier_touch_by_the_same_ad_keeps_the_campaign_name(run: Run, connection: psycopg.Connection) -> None:
    run(lines(body(message(at=NOON + 100))))
    connection.execute("UPDATE patients SET meta_campaign_id = 'Enriched'")
    run(lines(body(message(at=NOON, headline="Antes"))))
    assert people(connection)[0][6:9] == (f"Antes {AD}", "Texto", "Enriched")


@pytest.mark.parametrize("source", [None, "ORGANIC"])
def test_a_person_whom_nobody_attributed_is_attributed(
    run: Run, connection: psycopg.Connection, source: str | None
) -> None:
    connection.execute("ALTER TABLE patients ALTER acquisition_source DROP NOT NULL")
    add_patient(connection, "5491155550001", acquisition_source=source)
    assert run(lines(body(message()))).report.attributed == 1


@pytest.mark.parametrize("source", ["META_ADS", "REFERRED", "GOOGLE"])
def test_what_the_host_attributed_is_never_overwritten(run: Run, connection: psycopg.Connection, source: str) -> None:
    add_patient(connection, "5491155550001", acquisition_source=source, meta_ad_id="77", meta_ad_headline="Host")
    report = run(lines(body(message())), lines(body(message(at=NOON - 100, ad=OTHER_AD)))).report
    assert (report.referrals, report.attributed) == (2, 0)
    assert attribution(connection, "5491155550001") == (source, "77", "Host")


def test_what_the_host_changed_after_us_is_never_overwritten(run: Run, connection: psycopg.Connection) -> None:
    run(lines(body(message(at=NOON + 100))))
    connection.execute("UPDATE patients SET meta_ad_headline = 'Corrected by hand'")
    assert run(lines(body(message(at=NOON, ad=OTHER_AD)))).report.attributed == 0
    assert attribution(connection, "5491155550001") == ("META_ADS", AD, "Corrected by hand")


def test_a_post_is_a_touch_but_attributes_nobody(run: Run, connection: psycopg.Connection) -> None:
    report = run((SAMPLES / "wa_text_referral_post.json").read_bytes()).report
    assert (report.referrals, report.attributed, report.rejected) == (1, 0, 0)
    assert attribution(connection, "573005550003") == ("ORGANIC", None, None)


def test_statuses_and_plain_messages_are_ignored(run: Run, connection: psycopg.Connection) -> None:
    report = run(lines(statuses(), body(message(ad=None)))).report
    assert (report.received, report.ignored, report.referrals, report.rejected) == (2, 2, 0, 0)
    assert people(connection) == []


def test_the_samples_give_what_is_documented(run: Run, connection: psycopg.Connection) -> None:
    samples = [path for path in sorted(SAMPLES.glob("wa_*.json")) if ".expected" not in path.suffixes]
    report = run(*(path.read_bytes() for path in samples)).report
    assert (report.received, report.referrals, report.ignored, report.rejected) == (8, 5, 3, 0)
    assert (report.attributed, report.created_contacts) == (4, 5)
    assert [(row[1], row[4], row[5]) for row in people(connection)] == [
        ("5215555550002", "META_ADS", "120200000000000002"),
        ("5491155550001", "META_ADS", "120200000000000001"),
        ("5491155550005", "META_ADS", "120200000000000001"),
        ("56955550004", "META_ADS", "120200000000000001"),
        ("573005550003", "ORGANIC", None),
    ]


def test_without_a_tenant_the_receiving_number_decides(run: Run, connection: psycopg.Connection) -> None:
    run(lines(body(message()), body(message("5491155550009"), number=NUMBER_2)))
    assert [(row[0], row[1]) for row in people(connection)] == [(1, "5491155550001"), (2, "5491155550009")]


def test_a_registered_phone_number_id_decides_before_the_number(
    run: Run, database: Database, connection: psycopg.Connection
) -> None:
    with database.tenant(2).transaction() as cursor:
        cursor.execute(
            "INSERT INTO metaads.accounts (tenant_id, account_id, phone_number_ids) VALUES (2, 'act_2', %s)",
            [["100000000000777"]],
        )
    run(lines(body(message(), number="19990000000", phone_number_id="100000000000777")))
    assert [row[0] for row in people(connection)] == [2]


def test_an_unknown_receiving_number_is_rejected_with_its_reason(run: Run, tmp_path: Path) -> None:
    done = run(lines(body(message(), number="19990000000")))
    assert (done.report.rejected, done.report.referrals, done.other_tenant) == (1, 0, False)
    assert "no tenant has the receiving number 19990000000" in done.reasons[0]
    assert json.loads((tmp_path / "rejects.jsonl").read_text())["line"] == 1


def test_an_unknown_receiving_number_goes_to_the_tenant_that_is_named(run: Run, connection: psycopg.Connection) -> None:
    assert run(lines(body(message(), number="19990000000")), tenant_id=2).report.attributed == 1
    assert people(connection)[0][0] == 2


def test_what_is_for_another_tenant_is_refused_and_touches_nobody(run: Run, connection: psycopg.Connection) -> None:
    add_patient(connection, "5491155550001", tenant_id=2)
    before = people(connection)
    done = run(lines(body(message(), number=NUMBER_2)), tenant_id=1)
    assert (done.other_tenant, done.report.rejected, done.report.attributed) == (True, 1, 0)
    assert people(connection) == before


def test_the_same_person_is_one_patient_per_tenant(run: Run, connection: psycopg.Connection) -> None:
    run(lines(body(message()), body(message(ad=OTHER_AD), number=NUMBER_2)))
    assert [(row[0], row[5]) for row in people(connection)] == [(1, AD), (2, OTHER_AD)]


def test_an_unknown_tenant_is_named(run: Run) -> None:
    with pytest.raises(InputError, match="There is no tenant 99"):
        run(lines(body(message())), tenant_id=99)


def test_unknown_contacts_can_be_held_and_are_linked_when_they_exist(
    run: Run, connection: psycopg.Connection, database: Database
) -> None:
    text = lines(body(message()))
    held = run(text, create_contacts=False).report
    assert (held.held, held.created_contacts, held.attributed) == (1, 0, 0)
    assert held_reasons(database) == ["unknown_contact"]
    add_patient(connection, "+5491155550001")
    later = run(text, create_contacts=False).report
    assert (later.held, later.duplicates, later.attributed) == (0, 1, 1)
    assert held_reasons(database) == [None]


def held_reasons(database: Database) -> list[str | None]:
    with database.tenant(1).transaction() as cursor:
        rows = cursor.execute("SELECT held_reason FROM metaads.referral_events ORDER BY event_id").fetchall()
    return [row[0] for row in rows]


def test_a_deleted_contact_is_left_alone(run: Run, connection: psycopg.Connection, database: Database) -> None:
    add_patient(connection, "5491155550001", status="deleted")
    before = people(connection)
    report = run(lines(body(message()))).report
    assert (report.held, report.attributed, report.created_contacts) == (1, 0, 0)
    assert held_reasons(database) == ["contact_deleted"]
    assert people(connection) == before


def test_two_people_with_one_number_are_held(run: Run, connection: psycopg.Connection, database: Database) -> None:
    add_patient(connection, "5491155550001")
    add_patient(connection, "+5491155550001")
    report = run(lines(body(message()))).report
    assert (report.held, report.attributed) == (1, 0)
    assert held_reasons(database) == ["several_contacts"]


def test_a_person_without_a_number_is_held(run: Run, database: Database) -> None:
    report = run(lines(body(message(None, from_user_id="AR.1234", event="wamid.username")))).report
    assert (report.referrals, report.held, report.created_contacts) == (1, 1, 0)
    assert held_reasons(database) == ["no_phone"]


def test_a_message_that_comes_twice_in_one_batch_is_kept_once(run: Run) -> None:
    report = run(lines(body(message(), message()), body(message()))).report
    assert (report.referrals, report.duplicates, report.attributed, report.created_contacts) == (3, 2, 1, 1)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_the_size_of_a_batch_does_not_show(run: Run, connection: psycopg.Connection, batch_size: int) -> None:
    touches = [
        body(message(f"549115555{n % 4:04}", NOON - n, AD if n % 3 else OTHER_AD, event=f"wamid.{n}")) for n in range(9)
    ]
    report = run(lines(*touches), batch_size=batch_size).report
    assert (report.referrals, report.duplicates, report.created_contacts) == (9, 0, 4)
    assert [(row[1], row[5]) for row in people(connection)] == [
        ("5491155550000", AD),
        ("5491155550001", AD),
        ("5491155550002", OTHER_AD),
        ("5491155550003", AD),
    ]


def test_the_good_lines_of_a_broken_file_land(run: Run, tmp_path: Path) -> None:
    good = [lines(body(message(f"549115555000{n}"))) for n in range(3)]
    done = run(good[0] + good[1][:200] + "\n" + good[1] + "nonsense\n" + good[2] + good[2][:-50])
    assert (done.report.referrals, done.report.attributed, done.report.rejected) == (3, 3, 3)
    rejected = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert [(reject["line"], reject["reason"].split(" (")[0]) for reject in rejected] == [
        (2, "ends in the middle of a document"),
        (4, "not a JSON object"),
        (6, "ends in the middle of a document"),
    ]


def test_rejects_are_recovered_byte_for_byte_and_can_be_fed_back(
    run: Run, tmp_path: Path, connection: psycopg.Connection
) -> None:
    original = json.dumps(body(message(), number="19990000000"), ensure_ascii=False).encode()
    broken = b'{"object": "whatsapp_business_account", "caf\xe9": 1}'
    run(original + b"\n" + broken + b"\n")
    rejects = (tmp_path / "rejects.jsonl").read_bytes()
    payloads = [json.loads(line)["payload"].encode("utf-8", "surrogateescape") for line in rejects.splitlines()]
    assert payloads == [original, broken]
    again = run(rejects, tenant_id=2).report
    assert (again.attributed, again.rejected) == (1, 1)
    assert people(connection)[0][0] == 2


def test_too_many_rejects_stop_the_run_and_keep_what_landed(run: Run, connection: psycopg.Connection) -> None:
    with pytest.raises(InputError, match="More than 1 messages were rejected"):
        run(lines(body(message()), {"a": 1}, {"b": 2}, body(message("5491155550002"))), max_rejects=1)
    assert [row[1] for row in people(connection)] == ["5491155550001"]


def test_a_dry_run_keeps_nothing(run: Run, connection: psycopg.Connection, database: Database) -> None:
    report = run(lines(body(message())), dry_run=True).report
    assert (report.attributed, report.created_contacts, report.dry_run) == (1, 1, True)
    assert people(connection) == []
    assert held_reasons(database) == []


def test_text_that_postgresql_cannot_hold_is_cleaned(run: Run, connection: psycopg.Connection) -> None:
    touch = message()
    touch["referral"] |= {"headline": "a\0b", "body": "half \ud83d", "extra": {"k\0": ["\udc00", 1]}}
    assert run(lines(body(touch))).report.attributed == 1
    assert people(connection)[0][6:8] == ("ab", "half ?")


@pytest.mark.parametrize(
    "wrong",
    [
        {"timestamp": "soon"},
        {"timestamp": "99999999999999"},
        {"timestamp": None},
        {"timestamp": 1.5},
        {"id": None},
        {"id": "x" * 600},
        {"id": {"a": 1}},
        {"referral": "an ad"},
        {"referral": {"source_type": "ad", "source_id": "9" * 300}},
        {"referral": {"source_type": "ad", "source_id": [1]}},
    ],
)
def test_a_message_that_cannot_be_used_is_rejected_alone(run: Run, wrong: dict[str, Any]) -> None:
    report = run(lines(body(message(event="wamid.bad") | wrong, message("5491155550002")))).report
    assert (report.received, report.rejected, report.referrals, report.attributed) == (2, 1, 1, 1)


def test_an_ad_without_an_id_attributes_the_person_to_an_unknown_ad(run: Run, connection: psycopg.Connection) -> None:
    touch = message()
    del touch["referral"]["source_id"]
    run(lines(body(touch)))
    assert attribution(connection, "5491155550001")[:2] == ("META_ADS", None)


def test_ad_id_is_read_where_source_id_is_missing(run: Run, connection: psycopg.Connection) -> None:
    touch = message()
    touch["referral"] = {"ad_id": 120200000000000005, "headline": "h"}
    run(lines(body(touch)))
    assert attribution(connection, "5491155550001") == ("META_ADS", "120200000000000005", "h")


events = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 5), st.sampled_from([AD, OTHER_AD, "post"])), min_size=1, max_size=12
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(events, st.randoms(use_true_random=False), st.integers(1, 4), st.integers(1, 3))
def test_any_order_any_split_any_repetition_ends_in_the_state_of_the_oracle(
    run: Run, connection: psycopg.Connection, touches: list[tuple[int, int, str]], random: Any, batch: int, times: int
) -> None:
    connection.execute("TRUNCATE patients CASCADE")
    connection.execute("TRUNCATE metaads.referral_events CASCADE")
    touches = touches * times
    random.shuffle(touches)
    cut = random.randint(0, len(touches))
    run(
        *(lines(*(body(_touch(*touch)) for touch in part)) for part in (touches[:cut], touches[cut:])), batch_size=batch
    )
    assert [(row[1], row[4], row[5]) for row in people(connection)] == oracle(touches)


def _touch(person: int, minute: int, ad: str) -> dict[str, Any]:
    found = message(f"549115555000{person}", NOON + 60 * minute, ad, event=f"wamid.{person}.{minute}.{ad}")
    if ad == "post":
        found["referral"]["source_type"] = "post"
    return found


def oracle(touches: list[tuple[int, int, str]]) -> list[tuple[str, str, str | None]]:
    """Each person's ad by hand: the earliest ad touch, by event id where two are of the same second."""
    expected = []
    for person in sorted({person for person, _, _ in touches}):
        ads = sorted((minute, ad) for who, minute, ad in touches if who == person and ad != "post")
        expected.append((f"549115555000{person}", "META_ADS" if ads else "ORGANIC", ads[0][1] if ads else None))
    return expected


def test_what_the_database_refuses_is_rejected_alone_and_without_row_data(
    run: Run, connection: psycopg.Connection, tmp_path: Path
) -> None:
    secret = add_patient(connection, "5491155550003", medical_history='{"note": "private"}')

    refuse = f"ALTER TABLE patients ADD CONSTRAINT no_third CHECK (NOT (meta_ad_id IS NOT NULL AND id = {secret}))"
    connection.execute(refuse.encode())
    touches = [body(message(f"549115555000{n}")) for n in range(1, 6)]
    done = run(lines(*touches))
    assert (done.report.received, done.report.referrals, done.report.rejected) == (5, 4, 1)
    assert done.report.attributed == 4
    assert "no_third" in done.reasons[0]
    assert ":3: " in done.reasons[0]
    assert "private" not in done.reasons[0] + (tmp_path / "rejects.jsonl").read_text()


def test_a_number_that_two_tenants_claim_is_rejected_unless_one_is_named(
    run: Run, connection: psycopg.Connection
) -> None:
    connection.execute("UPDATE tenants SET bot_phone_number = '+1 (555) 000-1111 ' WHERE id = 2")
    done = run(lines(body(message())))
    assert (done.report.rejected, people(connection)) == (1, [])
    assert "several tenants have the receiving number" in done.reasons[0]
    assert run(lines(body(message())), tenant_id=2).report.attributed == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_guest_bears_the_name_of_the_earliest_touch(
    run: Run, connection: psycopg.Connection, order: tuple[int, int]
) -> None:
    touches = [body(message(at=NOON)), body(message(at=NOON + 60))]
    for touch, name in zip(touches, ("Early", "Late"), strict=True):
        touch["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = name
    for index in order:
        run(lines(touches[index]))
    assert people(connection)[0][2:4] == ("Early", "guest")


def test_a_name_that_no_touch_gave_is_kept(run: Run, connection: psycopg.Connection) -> None:
    run(lines(body(message(at=NOON + 60))))
    connection.execute("UPDATE patients SET first_name = 'Corrected'")
    run(lines(body(message(at=NOON))))
    assert people(connection)[0][2] == "Corrected"


def test_nul_bytes_of_a_torn_log_reject_their_line_alone(run: Run) -> None:
    good = lines(body(message()))
    done = run('{"half\0\0\0\n' + good + "\0\0\0")
    assert (done.report.attributed, done.report.rejected) == (1, 2)


def test_files_with_a_byte_order_mark_one_after_the_other_are_read(run: Run) -> None:
    one, two = lines(body(message())), lines(body(message("5491155550002")))
    assert run(f"\ufeff{one}\ufeff{two}").report.attributed == 2


def test_an_empty_source_is_named(run: Run) -> None:
    done = run("", lines(statuses()))
    assert [Path(name).name for name in done.empty_sources] == ["0.jsonl"]


def test_standard_input_is_read(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connection: psycopg.Connection
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines(body(message())).encode())))
    with RejectsFile(tmp_path / "r") as rejects, Console().progress("", None) as progress:
        done = ingest(database, [Source("-")], IngestOptions(**OPTIONS), rejects, progress)
    assert done.report.attributed == 1


HELD = "SELECT event_id, held_reason FROM metaads.referral_events WHERE patient_id IS NULL ORDER BY event_id"


def held(connection: psycopg.Connection) -> list[str]:
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(1)")
        return [reason for _, reason in connection.execute(HELD)]


def test_the_next_run_matches_what_was_held(run: Run, connection: psycopg.Connection) -> None:
    first = run(lines(body(message("5491155550001"))), create_contacts=False).report
    assert (first.held, first.matched) == (1, 0)
    add_patient(connection, "5491155550001")
    second = run(lines(body(message("5491155550002"))), create_contacts=False).report
    assert (second.held, second.matched, second.attributed) == (1, 1, 1)
    assert held(connection) == ["unknown_contact"]


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_what_the_database_refuses_stays_held_and_keeps_nobody_back(
    run: Run, connection: psycopg.Connection, batch_size: int
) -> None:
    phones = [f"549115555000{number}" for number in range(1, 6)]
    run(lines(*(body(message(phone)) for phone in phones)), create_contacts=False)
    for phone in phones:
        add_patient(connection, phone)
    connection.execute(
        "ALTER TABLE patients ADD CONSTRAINT host_rule"
        " CHECK (acquisition_source = 'ORGANIC' OR phone_number NOT LIKE '%0003')"
    )
    again = run(lines(body(message("5491155550009"))), create_contacts=False, batch_size=batch_size).report
    assert (again.matched, again.attributed, again.rejected, again.held) == (4, 4, 0, 1)
    assert held(connection) == ["unknown_contact", "unknown_contact"]


def test_a_dry_run_matches_and_keeps_nothing(run: Run, connection: psycopg.Connection) -> None:
    run(lines(body(message("5491155550001"))), create_contacts=False)
    add_patient(connection, "5491155550001")
    again = run(lines(body(message("5491155550002"))), create_contacts=False, dry_run=True).report
    assert again.matched == 1
    assert held(connection) == ["unknown_contact"]
