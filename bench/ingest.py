"""How fast `metaads ingest` is beside `\\copy` of the same bytes, and beside one UPDATE per message.

All run against the same embedded database in one run; half of the contacts are known before. Bodies that carry an id
beside the phone, as WhatsApp's do today, or an id alone, are measured as well.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
FEWER = EVENTS // 4
TENANTS = 1_000
OF_MANY = EVENTS // 10
"""Events in one log of all those tenants."""
UPDATED = EVENTS // 10
"""Messages of the peer that takes one statement for each."""
START = 1_760_000_000
PROGRAM = [sys.executable, "-m", "metaads_cli"]


class Sender(Enum):
    """What a body says of the contact."""

    PHONE = ("from",)
    BOTH = ("from", "from_user_id")
    ID = ("from_user_id",)


def event(number: int, sender: Sender = Sender.PHONE, tenants: int = 1) -> str:
    """One webhook body of about 850 bytes, to each of the tenants in turn."""
    ids = {"from": f"54911{number:08}", "from_user_id": f"AR.{number:020}"}
    named = {key: ids[key] for key in sender.value}
    message = named | {
        "id": f"wamid.BENCH{number:040}",
        "timestamp": str(START + number),
        "type": "text",
        "text": {"body": "Hola, quiero más información sobre la promoción"},
        "referral": {
            "source_url": "https://fb.me/bench",
            "source_id": f"12020000000000{number % 50:04}",
            "source_type": "ad",
            "body": "Agenda tu turno hoy mismo y recibe una evaluación sin costo.",
            "headline": "¿Dolor de muelas?",
            "media_type": "image",
            "image_url": "https://scontent.example/" + "x" * 60 + ".jpg",
            "ctwa_clid": "Af" + f"{number:060}",
        },
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": f"1555{number % tenants:07}", "phone_number_id": "100000000000001"},
        "contacts": [{"profile": {"name": "Bench"}, "wa_id": named.get("from")}],
        "messages": [message],
    }
    changes = [{"value": value, "field": "messages"}]
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]},
        ensure_ascii=False,
        separators=(",", ":"),
    )


@dataclass(frozen=True)
class Run:
    """How long a process took, and how much memory it had at most."""

    seconds: float
    megabytes: float


def run(*command: str) -> Run:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed with {process.returncode}")
    return Run(time.perf_counter() - started, usage.ru_maxrss / 1024)


def known_contacts(url: str, tenants: int = 1) -> None:
    """Half of all contacts, nothing ingested; planned for as any database is that has been up for a while."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "TRUNCATE patients, tenants, metaads.referral_events, metaads.attributions, metaads.identities,"
            " metaads.touch_ids CASCADE"
        )
        connection.execute(
            "INSERT INTO tenants (id, clinic_name, bot_phone_number)"
            " SELECT n + 1, 'B', '1555' || lpad(n::text, 7, '0') FROM generate_series(0, %s) AS n",
            [tenants - 1],
        )
        connection.execute(
            "INSERT INTO patients (tenant_id, phone_number, first_name)"
            " SELECT n %% %s + 1, '54911' || lpad(n::text, 8, '0'), 'Known' FROM generate_series(0, %s, 2) AS n",
            [tenants, EVENTS - 1],
        )
        connection.execute("ANALYZE patients")


def one_update_per_message(url: str, log: Path) -> float:
    """What the source document describes: read a message, update its patient, commit."""
    import psycopg

    started = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as connection, log.open() as stream:
        for line in islice(stream, UPDATED):
            message = json.loads(line)["entry"][0]["changes"][0]["value"]["messages"][0]
            referral = message["referral"]
            connection.execute(
                "UPDATE patients SET acquisition_source = 'META_ADS', meta_ad_id = %s, meta_ad_headline = %s,"
                " meta_ad_body = %s WHERE phone_number = %s AND tenant_id = 1"
                " AND (acquisition_source IS NULL OR acquisition_source = 'ORGANIC')",
                [referral["source_id"], referral["headline"], referral["body"], message["from"]],
            )
    return time.perf_counter() - started


def bare_writes(url: str) -> float:
    """The limit: nothing but the rows that an ingest leaves, from a table that holds them already, in one go."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET metaads.tenant_id = 1")
        connection.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM metaads.referral_events")
        known_contacts(url)
        connection.execute("ALTER TABLE kept ADD COLUMN is_known boolean")
        connection.execute(
            "UPDATE kept SET is_known ="
            " EXISTS (SELECT FROM patients WHERE patients.tenant_id = 1 AND phone_number = contact_key)"
        )
        connection.execute("ANALYZE kept")
        started = time.perf_counter()
        with connection.transaction():
            connection.execute(
                "UPDATE patients SET acquisition_source = 'META_ADS', meta_ad_id = ad_id, meta_ad_headline = headline,"
                " meta_ad_body = body FROM kept"
                " WHERE is_known AND patients.tenant_id = 1 AND phone_number = contact_key"
            )
            connection.execute(
                "INSERT INTO patients (tenant_id, phone_number, first_name, status, acquisition_source, meta_ad_id,"
                " meta_ad_headline, meta_ad_body) SELECT 1, contact_key, contact_name, 'guest', 'META_ADS', ad_id,"
                " headline, body FROM kept WHERE NOT is_known"
            )
            connection.execute("ALTER TABLE kept DROP COLUMN is_known")
            connection.execute("INSERT INTO metaads.referral_events SELECT * FROM kept")
            connection.execute(
                "INSERT INTO metaads.attributions SELECT 1, id, channel, event_id FROM kept"
                " JOIN patients ON patients.tenant_id = 1 AND phone_number = contact_key"
            )
        return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {"XDG_DATA_HOME": home, "XDG_STATE_HOME": home}
        os.environ.pop("DATABASE_URL", None)
        measure(Path(home))


def write(path: Path, events: int, sender: Sender, tenants: int = 1) -> Path:
    with path.open("w") as log:
        log.writelines(event(number, sender, tenants) + "\n" for number in range(events))
    return path


def ingested(url: str, log: Path, tenants: int = 1) -> Run:
    known_contacts(url, tenants)
    return run(*PROGRAM, "ingest", str(log))


def measure(home: Path) -> None:
    from metaads_cli.console import Console
    from metaads_cli.db import embedded

    logs = {sender: write(home / f"{sender.name}.jsonl", EVENTS, sender) for sender in Sender}
    log, fewer = logs[Sender.PHONE], write(home / "fewer.jsonl", FEWER, Sender.PHONE)
    shared = write(home / "shared.jsonl", OF_MANY, Sender.PHONE, TENANTS)
    url = embedded.ensure_running(Console(verbosity=-1))
    try:
        run(*PROGRAM, "migrate", "-q")
        run(str(embedded.program("psql")), url, "-qc", "CREATE TABLE raw (line text)")
        command = rf"\copy raw from '{log}' (delimiter e'\x01', format csv, quote e'\x02')"
        copy = run(str(embedded.program("psql")), url, "-qc", command)
        known_contacts(url)
        updates = one_update_per_message(url, log)
        small = ingested(url, fewer)
        others = {sender: EVENTS / ingested(url, logs[sender]).seconds for sender in (Sender.BOTH, Sender.ID)}
        many = OF_MANY / ingested(url, shared, TENANTS).seconds
        ingest = ingested(url, log)
        again = run(*PROGRAM, "ingest", str(log))
        bare = EVENTS / bare_writes(url)
    finally:
        embedded.stop()
    rate, copied, updated = EVENTS / ingest.seconds, EVENTS / copy.seconds, UPDATED / updates
    print(f"{EVENTS:,} events of {log.stat().st_size / EVENTS:.0f} bytes, half of the contacts known")
    print(f"ingest               {rate:9,.0f} events/s   peak {ingest.megabytes:.0f} MB; of a quarter of them {small.megabytes:.0f} MB")  # fmt: skip  # noqa: E501
    print(f"the same again       {EVENTS / again.seconds:9,.0f} events/s   all known")
    print(f"with an id as well   {others[Sender.BOTH]:9,.0f} events/s   which is kept with the phone")
    print(f"with an id alone     {others[Sender.ID]:9,.0f} events/s   held: nobody is known by it")
    print(f"of {TENANTS:,} tenants     {many:9,.0f} events/s   {OF_MANY // TENANTS} of each, in one log")
    print(f"\\copy, one column    {copied:9,.0f} events/s   ingest is {rate / copied:.2f} of it")
    print(f"bare writes          {bare:9,.0f} events/s   ingest is {rate / bare:.2f} of it")
    print(f"  the limit: {bare / copied:.2f} of \\copy, {bare / updated:.1f} times as fast as the UPDATEs")
    print(f"UPDATE per message   {updated:9,.0f} events/s   ingest is {rate / updated:.1f} times as fast")


if __name__ == "__main__":
    main()
