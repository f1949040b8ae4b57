"""A user's own accounts and ads in the simulator: the same in every world, and delivering."""

from typing import Any

import pytest

from metaads_cli.graph.simulator import (
    AccountPlan,
    Auth,
    Grant,
    Simulator,
    World,
    WorldPlan,
    adopt,
    adopt_ad,
    open_account,
)
from metaads_cli.graph.simulator.facts import Kind
from simulated import Api, StoppedClock, simulator

MEXICO = AccountPlan(
    "778899001122", "Clínica Centro", currency="MXN", timezone_name="America/Mexico_City", country="MX"
)
CHILE = AccountPlan("665544332211", "Clínica Sur", currency="CLP", timezone_name="America/Santiago", country="CL")
# Old and new forms of real ids, none of which the simulator would have made up.
ADS = [str(23_850_000_000_000_000 + 7919 * number) for number in range(20)] + ["6041234567890", "120210000000000001"]
FIELDS = "ad_id,ad_name,campaign_name,account_currency,spend,impressions,reach,actions"


def rows(world: World, account: str = MEXICO.number) -> list[dict[str, Any]]:
    api = Api(Simulator(world))
    found = api.all(f"act_{account}/insights", level="ad", date_preset="last_7d", fields=FIELDS, limit=100)
    return sorted(found, key=lambda row: str(row["ad_id"]))


def empty_world() -> World:
    return World.seeded(clock=StoppedClock(), plan=WorldPlan())


def test_adopted_ads_deliver_the_same_in_two_worlds() -> None:
    one, other = empty_world(), World.seeded(clock=StoppedClock())
    adopt(one, MEXICO, ADS)
    adopt(other, CHILE, ["6000000000001"])
    adopt(other, MEXICO, reversed(ADS))
    assert rows(one) == rows(other)
    delivering = {row["ad_id"] for row in rows(one)}
    assert set(ADS) <= delivering
    assert {row["account_currency"] for row in rows(one)} == {"MXN"}


def test_an_account_is_opened_as_planned_with_its_usual_campaigns() -> None:
    world = empty_world()
    account = open_account(world, MEXICO)
    api = Api(Simulator(world))
    fields = "account_id,name,currency,timezone_name,timezone_id"
    assert api.read(account.id, fields=fields) == {
        "account_id": MEXICO.number,
        "name": "Clínica Centro",
        "currency": "MXN",
        "timezone_name": "America/Mexico_City",
        "timezone_id": 94,
        "id": f"act_{MEXICO.number}",
    }
    assert len(world.children(account.id, Kind.CAMPAIGN)) == 6
    assert len(world.children(account.id, Kind.AD)) == 36


def test_adopting_twice_changes_nothing() -> None:
    world = empty_world()
    account = adopt(world, MEXICO, ADS)
    before, version = rows(world), world.version
    assert adopt(world, MEXICO, ADS) is account
    assert open_account(world, AccountPlan(MEXICO.number, "Otra", currency="USD")) is account
    assert adopt_ad(world, ADS[0], MEXICO.number) is adopt_ad(world, ADS[0])
    assert world.version == version
    assert rows(world) == before


def test_an_adopted_ad_can_be_read_with_all_that_is_above_it() -> None:
    world = empty_world()
    adopt(world, MEXICO, ADS)
    api = Api(Simulator(world))
    read = api.read(ADS[3], fields="id,effective_status,adset{id,effective_status},campaign{id,objective},creative{id}")
    assert (read["id"], read["effective_status"], read["adset"]["effective_status"]) == (ADS[3], "ACTIVE", "ACTIVE")
    assert read["campaign"]["objective"].startswith("OUTCOME_")
    listed = api.all(f"act_{MEXICO.number}/ads", fields="id", limit=100)
    assert set(ADS) <= {ad["id"] for ad in listed}


def test_what_cannot_be_adopted() -> None:
    world = empty_world()
    adopt(world, MEXICO, ADS)
    open_account(world, CHILE)
    with pytest.raises(ValueError, match="is an ad of act_778899001122, not of act_665544332211"):
        adopt_ad(world, ADS[0], CHILE.number)
    with pytest.raises(ValueError, match="There is no account act_404"):
        adopt_ad(world, "6000000000001", "404")
    with pytest.raises(ValueError, match="is no ad but a Campaign"):
        adopt_ad(world, world.all_of(Kind.CAMPAIGN)[0].id)
    open_account(world, AccountPlan("5", campaigns=0))
    with pytest.raises(ValueError, match="act_5 has no ad set"):
        adopt_ad(world, "6000000000001", "5")


def test_seeded_figures_do_not_depend_on_what_was_adopted() -> None:
    plain, adopted = (World.seeded(clock=StoppedClock()) for _ in range(2))
    adopt(adopted, MEXICO, ADS)
    assert rows(plain, "1000000000000001") == rows(adopted, "1000000000000001")


def test_an_open_world_puts_ads_into_the_account_of_the_token() -> None:
    world = World.seeded(clock=StoppedClock(), open_world=True)
    auth = Auth(tokens={"mine": Grant(accounts=frozenset({"42"}))})
    ad = Api(Simulator(world, auth=auth), "mine").read("120209999999999999", fields="id,account_id")
    assert ad["account_id"] == "42"
    assert simulator().world.find("120209999999999999") is None
