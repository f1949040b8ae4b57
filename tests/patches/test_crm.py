"""Patches 0022 to 0031: the parches 16 and 35 to 40 of a CRM, on what such databases have had."""

from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest
from tests.patches.conftest import (
    EVENTS_BY_SEVERITY,
    EVENTS_BY_TENANT,
    LEADS,
    LEADS_OF_PEOPLE,
    PATIENTS,
    TENANTS,
    TOKENS,
    USERS,
    applied,
    counts,
    execute_file,
    run,
    shape_of,
)

TWO_TENANTS = "INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '1'), ('Sur', '2');"
OPPORTUNITIES = "CREATE TABLE opportunities (id uuid PRIMARY KEY, tenant_id integer NOT NULL, value double precision);"
EVENT_COLUMNS = ("tenant_id", "user_id", "event_type", "description", "metadata", "created_at")


@pytest.fixture
def empty(empty_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        yield connection


# 16: leads


@pytest.mark.parametrize("known_by", [TOKENS, OPPORTUNITIES], ids=["tokens", "opportunities"])
def test_a_crm_before_its_parche_16_gets_leads_with_their_attribution(empty: psycopg.Connection, known_by: str) -> None:
    empty.execute((TENANTS + known_by).encode())
    report = run(empty)
    assert {"0008", "0022", "0027", "0031"} <= set(applied(report))
    assert (report.pending, report.drift, run(empty).applied) == ([], [], [])
    leads = shape_of(empty, "leads").columns
    assert leads["acquisition_source"][0] == "character varying(50)"
    assert leads["status"] == ("character varying(50)", False, "'new'::character varying")
    with pytest.raises(psycopg.errors.UniqueViolation):
        empty.execute("INSERT INTO leads (tenant_id, phone_number) VALUES (1, '1'), (1, '1')")


@pytest.mark.parametrize("host", [PATIENTS + TOKENS + OPPORTUNITIES, TENANTS], ids=["a clinic that sells", "a tenant"])
def test_no_other_database_gets_leads(empty: psycopg.Connection, host: str) -> None:
    empty.execute(host.encode())
    assert "0022" not in applied(run(empty))
    execute_file(empty, "0022")  # nor by psql
    assert shape_of(empty, "leads").columns == {}


def test_older_leads_get_what_they_lack_and_nothing_that_is_not_known(empty: psycopg.Connection) -> None:
    empty.execute(
        f"""{TENANTS}{TWO_TENANTS}
        CREATE TABLE leads (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id integer NOT NULL,
                            phone_number text NOT NULL, status text);
        INSERT INTO leads (tenant_id, phone_number, status) VALUES (1, '1', NULL);
    """.encode()
    )
    run(empty)
    empty.execute("INSERT INTO leads (tenant_id, phone_number) VALUES (2, '2')")
    read = "SELECT phone_number, status, source, created_at IS NULL, updated_at IS NULL FROM leads ORDER BY 1"
    assert empty.execute(read).fetchall() == [("1", None, None, True, True), ("2", None, None, False, False)]
    assert shape_of(empty, "leads").columns["status"] == ("text", False, None)


# 35: audit events by tenant


def test_events_of_the_older_shape_are_read_by_the_names_of_the_newer_one(empty: psycopg.Connection) -> None:
    empty.execute((TENANTS + LEADS + LEADS_OF_PEOPLE + USERS + EVENTS_BY_SEVERITY).encode())
    empty.execute("INSERT INTO users (tenant_id, email) VALUES (2, 'u@example.com'), (NULL, 'v@example.com')")
    empty.execute("""
        INSERT INTO system_events (event_type, message, payload, occurred_at)
        SELECT 'login', told.message, told.payload::jsonb, '2026-01-01'
        FROM (VALUES
            ('own', '{"tenant_id": 1}'), ('own as text', '{"tenant_id": "2"}'), ('nobody', '{"tenant_id": 99}'),
            ('user', format('{"user_id": "%s"}', (SELECT id FROM users WHERE tenant_id = 2))),
            ('homeless', format('{"user_id": "%s"}', (SELECT id FROM users WHERE tenant_id IS NULL))),
            ('lead', format('{"lead_id": "%s"}', (SELECT id FROM leads WHERE tenant_id = 2))),
            ('list', '[1]'), ('null', 'null'), ('nothing', NULL), ('known', '{"tenant_id": 1}')
        ) AS told (message, payload)
    """)
    empty.execute("ALTER TABLE system_events ADD tenant_id integer")
    empty.execute("UPDATE system_events SET tenant_id = 2 WHERE message = 'known'")
    read = (
        "SELECT description, tenant_id, user_id IS NOT NULL, metadata = nullif(payload, 'null'), created_at::date::text"
    )
    expected = {"own": 1, "own as text": 2, "nobody": None, "user": 2, "homeless": None, "lead": 2, "known": 2}
    run(empty)
    found = empty.execute(f"{read} FROM system_events ORDER BY id".encode()).fetchall()
    assert {row[0]: row[1] for row in found} == expected | dict.fromkeys(("list", "null", "nothing"))
    assert {row[0] for row in found if row[2]} == {"user", "homeless"}
    assert {row[0] for row in found if row[3] is None} == {"null", "nothing"}
    assert {row[4] for row in found} == {"2026-01-01"}
    assert shape_of(empty, "system_events").indexes["idx_system_events_tenant"][1]
    place = "SELECT array_agg((ctid, xmin)::text ORDER BY id) FROM system_events"
    before = empty.execute(place).fetchone()
    execute_file(empty, "0025")
    assert empty.execute(place).fetchone() == before


def test_events_by_tenant_keep_what_they_have(empty: psycopg.Connection) -> None:
    empty.execute((TENANTS + TWO_TENANTS + EVENTS_BY_TENANT).encode())
    empty.execute("""
        INSERT INTO system_events (tenant_id, event_type, metadata, created_at)
        VALUES (1, 'a', '{"tenant_id": 2}', NULL), (NULL, 'b', '{"tenant_id": 2}', '2026-01-01'), (99, 'c', NULL, NULL)
    """)
    before = shape_of(empty, "system_events")
    run(empty)
    after = shape_of(empty, "system_events")
    assert (after.columns, after.indexes.keys() - before.indexes.keys()) == (
        before.columns,
        {"idx_system_events_tenant"},
    )
    read = "SELECT tenant_id, description, created_at IS NULL FROM system_events ORDER BY event_type"
    assert empty.execute(read).fetchall() == [(1, None, True), (2, None, False), (99, None, True)]


def test_both_shapes_of_events_are_read_alike(empty: psycopg.Connection) -> None:
    shapes = []
    for host in (EVENTS_BY_TENANT, EVENTS_BY_SEVERITY):
        with empty.transaction(force_rollback=True):
            empty.execute(host.encode())
            execute_file(empty, "0024")
            columns = shape_of(empty, "system_events").columns
            shapes.append({name: columns[name] for name in EVENT_COLUMNS})
    assert shapes[0] == shapes[1]


# 36: the source


INBOUND = (
    "whatsapp", "WhatsApp", "WHATSAPP", "wa", "WA", "wsp", "wpp", "whatsapp_inbound ", "WhatsApp Inbound",
    "whatsapp-inbound", "whatsapp inbound", "Whatsapp_Inbound", "whatsappinbound", "inbound whatsapp",
    "whats app", "watsapp",
)  # fmt: skip
OTHERS = ("whatsapp_outbound", "whatsapp_campaign", "walk-in", "web", "instagram", "", " ", "whatsapp_inbound")
HONEST = """
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$;
    CREATE TRIGGER "set Updated" BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE TRIGGER always BEFORE INSERT OR UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION touch();
    ALTER TABLE leads ENABLE ALWAYS TRIGGER always;
    CREATE TRIGGER off BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION touch();
    ALTER TABLE leads DISABLE TRIGGER off;
    CREATE TABLE changes (id uuid);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO changes VALUES (NEW.id); RETURN NEW; END
    $$;
    CREATE TRIGGER audit AFTER UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION note();
"""


def test_every_spelling_of_the_source_becomes_one_and_no_time_of_a_change_moves(empty: psycopg.Connection) -> None:
    empty.execute((TENANTS + LEADS + TWO_TENANTS).encode())
    with empty.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO leads (tenant_id, phone_number, source, updated_at) VALUES (1, %s, %s, '2026-01-01')",
            [(str(number), source) for number, source in enumerate([*INBOUND, *OTHERS, None])],
        )
    empty.execute(HONEST)
    triggers = "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'leads'::regclass ORDER BY tgname"
    before = empty.execute(triggers).fetchall()
    preview = counts(empty, "0027", "preview")
    assert sum(preview.values()) == len(INBOUND)
    assert preview["leads whose source 'WhatsApp' becomes whatsapp_inbound"] == 1
    run(empty)
    sources = empty.execute("SELECT source FROM leads ORDER BY phone_number::integer").fetchall()
    assert [source for (source,) in sources] == ["whatsapp_inbound"] * len(INBOUND) + [*OTHERS, None]
    assert empty.execute("SELECT DISTINCT updated_at::date::text FROM leads").fetchall() == [("2026-01-01",)]
    assert empty.execute(triggers).fetchall() == before
    assert empty.execute("SELECT count(DISTINCT id), count(*) FROM changes").fetchone() == (len(INBOUND),) * 2
    execute_file(empty, "0027")
    assert empty.execute("SELECT count(*) FROM changes").fetchone() == (len(INBOUND),)


def test_sources_of_more_leads_than_a_batch_has_are_all_corrected(empty: psycopg.Connection) -> None:
    empty.execute((TENANTS + LEADS + TWO_TENANTS).encode())
    empty.execute("""
        INSERT INTO leads (tenant_id, phone_number, source)
        SELECT 1 + n % 2, n::text, (ARRAY['wa', 'web', 'WhatsApp'])[1 + n % 3] FROM generate_series(1, 5000) AS n
    """)
    execute_file(empty, "0027")
    assert empty.execute("SELECT source, count(*) FROM leads GROUP BY 1 ORDER BY 1").fetchall() == [
        ("web", 1667),
        ("whatsapp_inbound", 3333),
    ]


# 37 to 40


def test_what_a_crm_lacks_is_added_to_it(crm: psycopg.Connection) -> None:
    crm.execute(TOKENS.encode())
    assert {"0028", "0029", "0030", "0031"} <= set(applied(run(crm)))
    assert shape_of(crm, "meta_tokens").columns["page_id"] == ("character varying(255)", False, None)
    sale = "INSERT INTO sales_transactions (tenant_id, transaction_date, amount, currency) VALUES (1, now(), %s, %s)"
    crm.execute(sale, [Decimal("12345678901234567890.123456789"), "ARS"])
    amounts = crm.execute("SELECT amount FROM sales_transactions").fetchone()
    assert amounts == (Decimal("12345678901234567890.123456789"),)
    for currency in (None, "pesos", "ar"):
        with pytest.raises(psycopg.errors.IntegrityError if currency != "pesos" else psycopg.Error):
            crm.execute(sale, [1, currency])
    with pytest.raises(psycopg.errors.NotNullViolation, match="currency"):
        crm.execute("INSERT INTO opportunities (tenant_id, name, amount) VALUES (1, 'Plan', 10)")
    crm.execute("INSERT INTO automation_rules (tenant_id, name, trigger_event) VALUES (1, 'Saludo', 'lead_created')")
    assert crm.execute("SELECT is_active FROM automation_rules").fetchone() == (False,)
    for table in ("meta_templates", "automation_rules", "automation_logs", "opportunities", "sales_transactions"):
        keys = [definition for definition, _ in shape_of(crm, table).indexes.values()]
        assert [definition.rpartition("(")[2].startswith("tenant_id,") for definition in keys] == [True]


def test_campaigns_and_insights_of_the_crm_are_those_of_the_tenant(crm: psycopg.Connection) -> None:
    if crm.info.server_version < 150000:
        pytest.fail("views that read with the reader's rights need PostgreSQL 15")
    run(crm)
    for tenant in (1, 2):
        with crm.transaction():
            crm.execute("SELECT metaads.set_tenant(%s)", [tenant])
            crm.execute("INSERT INTO metaads.campaigns (tenant_id, campaign_id, account_id, name, fetched_at)"
                        " VALUES (%s, '7', 'act_1', %s, now())", [tenant, f"Campaña {tenant}"])  # fmt: skip
            crm.execute(
                "INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id,"
                " currency, fetched_at) VALUES (%s, 'act_1', 'campaign', '7', '2026-11-20', '7', 'ARS', now())",
                [tenant],
            )
    assert crm.execute("SELECT count(*) FROM meta_ads_campaigns").fetchone() == (0,)
    with crm.transaction():
        crm.execute("SELECT metaads.set_tenant(2)")
        assert crm.execute("SELECT tenant_id, name FROM meta_ads_campaigns").fetchall() == [(2, "Campaña 2")]
        assert crm.execute("SELECT tenant_id, campaign_name FROM meta_ads_insights").fetchall() == [(2, "Campaña 2")]


def test_tables_that_the_crm_has_stay_what_they_are(crm: psycopg.Connection) -> None:
    names = ("meta_ads_campaigns", "meta_ads_insights", "meta_templates", "automation_rules", "automation_logs",
             "sales_transactions")  # fmt: skip
    crm.execute("".join(f"CREATE TABLE {name} (id serial PRIMARY KEY, tenant_id integer);" for name in names).encode())
    crm.execute((OPPORTUNITIES + TOKENS + "ALTER TABLE meta_tokens ADD page_id text").encode())
    every = (*names, "opportunities", "meta_tokens")
    before = {name: shape_of(crm, name) for name in every}
    run(crm)
    assert {name: shape_of(crm, name) for name in every} == before
    for number in ("0031", "0030", "0029"):  # nor does a rollback take them
        assert set(counts(crm, number, "loss").values()) == {0}
        execute_file(crm, number, "down")
    assert {name: shape_of(crm, name) for name in every} == before
