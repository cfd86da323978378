"""Testers and a simulated ward: start, stop, make something happen, and compare what was raised with what was true."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.locale import entries
from core.clock import AcceleratedClock
from core.domain.alert import Finding, Severity, Subject
from core.store.alerts import episodes
from core.store.database import Database
from core.store.operation import simulation
from core.store.operation.simulation import PlannedEvent
from deploy.local.mosquitto import SIMULATOR, Broker
from deploy.playback.live_simulation import Bridge
from simulator.incidents.kinds import KINDS
from simulator.network.publisher import BrokerAddress, Publisher
from simulator.player import Player
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import parse_ward
from simulator.ward_run import Simulation
from tests.support.services.processes import Processes, service_settings
from tests.support.wait import wait_until
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward
from tests.support.wards.ward_files import register, write_ward

BEGIN = datetime.fromisoformat("2026-08-03T06:30:00+09:00")
HOUR = timedelta(hours=1)


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def play(ward: ApiWard, *events: PlannedEvent) -> None:
    with ward.database.transaction() as connection:
        now = ward.clock.now()
        simulation.begin(connection, homes=2, devices=4, scenarios=["demo"], now=now)
        simulation.write_script(connection, events, now - timedelta(days=1))


def raise_alert(
    ward: ApiWard, rule: str, subject: Subject, resident: int | None, raised_at: datetime
) -> None:
    finding = Finding(rule, subject, Severity.EMERGENCY, raised_at, raised_at, None, {"rule_version": 1})
    with ward.database.transaction() as connection:
        episodes.open_or_update(connection, finding, resident, None, raised_at)


def deliver(ward: ApiWard, rule: str, at: datetime) -> None:
    """Store that a message asking somebody to act left."""
    ward.execute(
        "WITH message AS (INSERT INTO notification (alert_id, contact_id, kind, key, status, due_at, created_at)"
        " SELECT alert_id, 1, 'opening', 'first', 'sent', %s, %s FROM alert WHERE rule = %s RETURNING notification_id)"
        " INSERT INTO delivery (notification_id, kind, request_key, state, planned_at, accepted_at)"
        " SELECT notification_id, 'mail', gen_random_uuid(), 'accepted', %s, %s FROM message",
        at, at, rule, at, at,
    )  # fmt: skip


def collapse(ward: ApiWard, home: str, ago: timedelta) -> PlannedEvent:
    began_at = ward.clock.now() - ago
    return PlannedEvent("collapse", home, began_at, began_at + 5 * HOUR, ("sos",), began_at + HOUR)


def test_what_was_expected_is_shown_against_what_was_raised(ward: ApiWard):
    now = ward.clock.now()
    guest = PlannedEvent("visitor", "home B", now - HOUR, now + HOUR, (), None)
    play(ward, collapse(ward, "home A", 3 * HOUR), collapse(ward, "home B", 30 * HOUR), guest)
    raise_alert(ward, "sos", Subject.of_resident(RESIDENT_A), RESIDENT_A, now - 2.5 * HOUR)
    raise_alert(ward, "home_silent", Subject.of_home(2), None, now - HOUR)
    # What the data date to 2.5 hours ago was found later; then the message left.
    deliver(ward, "sos", now - 2.25 * HOUR)
    shown = ward.client("admin").get("/api/v1/simulation").json()
    assert (shown["wanted"], shown["running"], shown["scenarios"]) == (True, False, ["demo"])
    found = {(one["kind"], one["home"]): (one["verdict"], one["delay_s"]) for one in shown["expectations"]}
    assert found == {
        ("visitor", 2): ("not_due", None),
        ("collapse", 1): ("told", 2700.0),
        ("collapse", 2): ("missed", None),
    }
    assert [(one["rule"], one["home"]) for one in shown["false_alerts"]] == [("home_silent", 2)]
    assert shown["home_names"] == {"1": "home A", "2": "home B"}


def test_a_script_written_anew_takes_the_place_of_the_old_one_but_not_of_what_testers_did(ward: ApiWard):
    play(ward, collapse(ward, "home A", HOUR), collapse(ward, "nowhere", HOUR))
    with ward.database.transaction() as connection:
        simulation.add_events(connection, [collapse(ward, "home B", HOUR)], is_injected=True)
    play(ward, collapse(ward, "home A", 2 * HOUR))
    with ward.database.transaction() as connection:
        now = ward.clock.now()
        kept = simulation.events(connection, now - timedelta(days=1), now)
    assert [(one.home, one.is_injected) for one in kept] == [(2, True), (1, False)]


def test_an_injection_request_is_kept_for_the_simulator_and_only_known_ones_are_taken(ward: ApiWard):
    admin = ward.client("admin")
    assert admin.post("/api/v1/simulation/wishes", json={"kind": "sos", "home": 1}).status_code == 404
    play(ward)
    assert admin.post("/api/v1/simulation/wishes", json={"kind": "sos", "home": 1}).status_code == 201
    assert admin.post("/api/v1/simulation/wishes", json={"kind": "sos", "home": 9}).status_code == 404
    assert admin.post("/api/v1/simulation/wishes", json={"kind": "flood", "home": 1}).status_code == 422
    assert admin.patch("/api/v1/simulation", json={"wanted": False}).status_code == 204
    shown = admin.get("/api/v1/simulation").json()
    assert shown["wanted"] is False
    assert [(one["kind"], one["home"], one["taken_at"]) for one in shown["wishes"]] == [("sos", 1, None)]


def test_the_page_shows_the_comparison_and_its_forms_ask_for_things(ward: ApiWard):
    admin = ward.client("admin")
    assert "まだ動いたことがありません" in admin.get("/sim").text
    play(ward, collapse(ward, "home A", 3 * HOUR), collapse(ward, "home B", 30 * HOUR))
    raise_alert(ward, "sos", Subject.of_resident(RESIDENT_A), RESIDENT_A, ward.clock.now() - 2.5 * HOUR)
    # Raised, and nobody was notified.
    assert "30分後に届いた" not in admin.get("/sim").text
    deliver(ward, "sos", ward.clock.now() - 2.5 * HOUR)
    shown = admin.get("/sim").text
    assert "家でたおれる" in shown
    assert "30分後に届いた" in shown
    assert "届かなかった" in shown
    assert admin.post("/sim/wishes", data={"kind": "sos", "home": "2"}).status_code == 303
    assert admin.post("/sim/wishes", data={"kind": "flood", "home": "2"}).status_code == 422
    assert admin.post("/sim/wishes", data={"kind": "sos", "home": "二"}).status_code == 422
    assert admin.post("/sim/wishes", data={"kind": "sos", "home": "9"}).status_code == 404
    assert admin.post("/sim/wanted", data={"wanted": "no"}).headers["location"] == "/sim?said=sim_wanted"
    again = admin.get("/sim").text
    assert "まもなく起こします。home B: SOSボタンを押す" in again
    assert "動かす" in again


def test_the_pages_have_a_word_for_each_kind_of_event():
    assert {name for name in entries() if name.startswith("happens.")} == {
        f"happens.{kind}" for kind in KINDS
    }


def test_production_has_no_simulation(ward: ApiWard):
    play(ward)
    admin = ward.client("admin")
    settings = ward.app.state.settings
    ward.app.state.settings = settings.model_copy(
        update={"environment": "production", "database_url": SecretStr("x")}
    )
    try:
        assert admin.get("/api/v1/simulation").status_code == 404
        assert admin.get("/sim").status_code == 404
        assert 'href="/sim"' not in admin.get("/board").text
        assert admin.patch("/api/v1/simulation", json={"wanted": False}).status_code == 404
        assert admin.post("/api/v1/simulation/wishes", json={"kind": "sos", "home": 1}).status_code == 404
    finally:
        ward.app.state.settings = settings


def test_the_bridge_follows_what_testers_want(database_url: str, broker: Broker, tmp_path: Path):
    body = make_ward(WardOrder(3, 1, BEGIN))
    clock = AcceleratedClock(BEGIN, 600.0, time.time())
    address = BrokerAddress(broker.host, broker.port, SIMULATOR, broker.password(SIMULATOR))
    played = Simulation(parse_ward(body), (), 1)
    player = Player(played, lambda ending: Publisher(address, stop=ending), clock)
    with Database(database_url, size=2) as database:
        with database.transaction() as connection:
            register(connection, write_ward(tmp_path, body))
        bridge = Bridge(database, player, clock)
        bridge.begin([])
        bridge.look()
        try:
            wait_until(lambda: player.messages > 50, 30, "messages")
            with database.transaction() as connection:
                for kind in ("sos", "no_such_thing"):
                    simulation.request_injection(connection, home=1, kind=kind, user=1, now=clock.now())
            bridge.look()
            bridge.look()
            with database.transaction() as connection:
                known = simulation.state(connection)
                events = simulation.events(connection, BEGIN, clock.now() + HOUR)
                wishes = {wish.kind: wish for wish in simulation.injection_requests(connection)}
                simulation.want(connection, is_wanted=False)
            assert known is not None
            assert (known.is_running, known.homes, known.messages > 50) == (True, 3, True)
            assert [(one.kind, one.home, one.is_injected) for one in events] == [("sos", 1, True)]
            assert wishes["sos"].executed_at is not None
            assert wishes["sos"].problem == ""
            assert "no_such_thing cannot be asked for" in wishes["no_such_thing"].problem
            bridge.look()
            assert not player.is_running
        finally:
            player.stop()


def test_the_process_plays_and_refuses_production(
    database_url: str, broker: Broker, processes: Processes, tmp_path: Path
):
    body = make_ward(WardOrder(2, 1, BEGIN))
    path = write_ward(tmp_path, body)
    with Database(database_url, size=1) as database, database.transaction() as connection:
        register(connection, path)
    settings = service_settings(
        database_url, broker, SIMULATOR, clock=f"{BEGIN.isoformat()}@600x", clock_anchor=time.time()
    )
    playing = processes.start(
        "deploy.playback.live_simulation", settings, "--ward", str(path), "--scenario", "sos"
    )

    def messages() -> int:
        with Database(database_url, size=1) as database, database.transaction() as connection:
            known = simulation.state(connection)
        return 0 if known is None else known.messages

    wait_until(lambda: messages() > 20, 30, "messages in its report")
    playing.stop()
    assert playing.exit_code == 0
    strict = service_settings(database_url, broker, SIMULATOR) | {"MIMAMORI_ENVIRONMENT": "production"}
    refused = processes.start("deploy.playback.live_simulation", strict, "--ward", str(path), ready=None)
    assert refused.wait() == 65
    assert "does not run in production" in refused.output
