"""How fast `metaads ingest` is beside `\\copy` of the same bytes, and beside one UPDATE per message.

All three run against the same embedded database in one run; half of the contacts are known before.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
START = 1_760_000_000


def event(number: int) -> str:
    """One webhook body of about 850 bytes."""
    phone = f"54911{number:08}"
    message = {
        "from": phone,
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
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": "100000000000001"},
        "contacts": [{"profile": {"name": "Bench"}, "wa_id": phone}],
        "messages": [message],
    }
    changes = [{"value": value, "field": "messages"}]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]})


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def known_contacts(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE patients, tenants, metaads.referral_events CASCADE")
        connection.execute("INSERT INTO tenants (id, clinic_name, bot_phone_number) VALUES (1, 'B', '15550001111')")
        connection.execute(
            "INSERT INTO patients (tenant_id, phone_number, first_name)"
            " SELECT 1, '54911' || lpad(n::text, 8, '0'), 'Known' FROM generate_series(0, %s, 2) AS n",
            [EVENTS - 1],
        )
        connection.execute("ANALYZE patients")


def one_update_per_message(url: str, log: Path) -> None:
    """What the source document describes: read a message, update its patient, commit."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection, log.open() as stream:
        for line in stream:
            message = json.loads(line)["entry"][0]["changes"][0]["value"]["messages"][0]
            referral = message["referral"]
            connection.execute(
                "UPDATE patients SET acquisition_source = 'META_ADS', meta_ad_id = %s, meta_ad_headline = %s,"
                " meta_ad_body = %s WHERE phone_number = %s AND tenant_id = 1"
                " AND (acquisition_source IS NULL OR acquisition_source = 'ORGANIC')",
                [referral["source_id"], referral["headline"], referral["body"], message["from"]],
            )


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {"XDG_DATA_HOME": home, "XDG_STATE_HOME": home}
        os.environ.pop("DATABASE_URL", None)
        measure(Path(home))


def measure(home: Path) -> None:
    from metaads_cli.console import Console
    from metaads_cli.db import embedded

    program = [sys.executable, "-m", "metaads_cli"]
    log = home / "log.jsonl"
    log.write_text("".join(event(number) + "\n" for number in range(EVENTS)))
    url = embedded.ensure_running(Console(verbosity=-1))
    try:
        subprocess.run([*program, "migrate", "-q"], check=True, stdout=subprocess.DEVNULL)
        psql = [str(embedded.program("psql")), url, "-qc", "CREATE TABLE raw (line text)", "-c"]
        copy = timed(lambda: subprocess.run([*psql, rf"\copy raw from '{log}' (delimiter e'\x01', format csv, quote e'\x02')"], check=True))  # fmt: skip  # noqa: E501
        known_contacts(url)
        updates = timed(lambda: one_update_per_message(url, log))
        known_contacts(url)
        ingest = timed(lambda: subprocess.run([*program, "ingest", str(log)], check=True, stdout=subprocess.DEVNULL))
        again = timed(lambda: subprocess.run([*program, "ingest", str(log)], check=True, stdout=subprocess.DEVNULL))
    finally:
        embedded.stop()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{EVENTS:,} events of {log.stat().st_size / EVENTS:.0f} bytes")
    print(f"ingest                {EVENTS / ingest:10,.0f} events/s   (peak {peak:.0f} MB)")
    print(f"the same again        {EVENTS / again:10,.0f} events/s   all known")
    print(f"\\copy, one column     {EVENTS / copy:10,.0f} events/s   ingest is {copy / ingest:.2f} of it")
    print(f"UPDATE per message    {EVENTS / updates:10,.0f} events/s   ingest is {updates / ingest:.1f} times as fast")


if __name__ == "__main__":
    main()
