"""The quarantine from end to end: why messages are in it, who sees them, how they come out, and what bounds it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.store.database import Database
from core.store.telemetry import quarantine
from core.store.telemetry.quarantine import Choice, Limits, Refused
from deploy.local.mosquitto import Broker
from ingest.codecs import decode
from ingest.codecs.result import Rejected
from tests.support.command_line import CommandLine
from tests.support.ingest import Rows, fixes, now, readings, registered_ward
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until
from tests.support.wards.api_ward import ApiWard, api_ward

_MOMENT = datetime(2026, 8, 1, 12, tzinfo=UTC)
_WIDE = Limits(timedelta(days=90), 1000, 2**20)


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Rows]:
    with registered_ward(database_url, tmp_path) as found:
        yield found


def _bad_messages() -> list[tuple[str, str, bytes]]:
    """Return (reason, topic, bytes)."""
    hall, tracker = "mimamori/v1/hall-1/readings", "mimamori/v1/tracker-1/fix"
    time = now()
    return [
        ("unknown_topic", "gw/g1/weather/tokyo", b"21"),
        ("unknown_device", "mimamori/v1/nobody-1/readings", readings(1, ("motion", True, time))),
        ("wrong_gateway", "gw/g9/mimamori/v1/hall-2/readings", readings(1, ("motion", True, time))),
        ("not_json", hall, b'{"seq": 1, "readings": ['),
        ("not_utf8", hall, b'{"seq": 1, "\xff\xfe": 1}'),
        ("not_json", hall, b'{"seq": 2, "readings": "\x00"}'),
        ("wrong_shape", hall, b'{"seq": 3, "readings": "many"}'),
        (
            "not_json",
            hall,
            b'{"seq": 4, "readings": [{"metric": "temperature_c", "value": NaN, "time": "x"}]}',
        ),
        # Kelvin in place of degrees Celsius, and what no room has.
        ("impossible_value", hall, readings(5, ("temperature_c", 295.15, time))),
        ("impossible_value", hall, readings(6, ("humidity_pct", -3, time))),
        ("unknown_metric", hall, readings(7, ("temperature_f", 70, time))),
        ("no_position", tracker, fixes(8, (0.0, 0.0, time))),
        ("nested_too_deep", "gw/g1/zigbee2mqtt/hall", b'{"a":' * 5000 + b"1" + b"}" * 5000),
        ("encrypted", "owntracks/hana/phone", b'{"_type": "encrypted", "data": "c2VjcmV0"}'),
    ]


def test_every_kind_of_bad_message_is_kept_with_its_bytes_and_a_reason(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    bad = _bad_messages()
    with Publisher(broker) as device:
        for _, topic, payload in bad:
            device.publish(topic, payload)
        device.flush()
    wait_until(lambda: rows.count("quarantine") >= len(bad), 20)
    kept = rows.of("SELECT reason, topic, payload, detail FROM quarantine ORDER BY quarantine_id")
    assert [(reason, topic, payload) for reason, topic, payload, _ in kept] == bad
    assert all(len(detail) > 10 for *_, detail in kept)
    assert rows.count("reading") == 0


def test_a_message_that_is_too_large_is_refused_before_it_is_read() -> None:
    """Of any kind but the lists of bridges."""
    found = decode("mimamori/v1/hall-1/readings", b" " * (256 * 1024 + 1))
    assert isinstance(found, Rejected)
    assert found.reason == "too_large"


@pytest.fixture
def command(mimamori: CommandLine, database_url: str) -> CommandLine:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
    return mimamori


def _keep(database_url: str, *messages: tuple[str, str, bytes]) -> None:
    with Database(database_url, size=1) as database, database.transaction() as connection:
        quarantine.keep(
            connection,
            [
                Refused(_MOMENT, topic, payload, False, reason, f"as {reason} says")
                for reason, topic, payload in messages
            ],
        )


def test_a_technician_lists_shows_and_releases_messages(
    command: CommandLine, database_url: str, rows: Rows
) -> None:
    body = readings(1, ("motion", True, _MOMENT))
    _keep(
        database_url,
        ("unknown_device", "mimamori/v1/new-1/readings", body),
        ("not_json", "mimamori/v1/hall-1/readings", b"\xff\x1b[2J"),
    )
    listed = command("quarantine", "list")
    assert "mimamori/v1/new-1/readings" in listed.out
    assert "2 wait (1 not_json, 1 unknown_device)" in listed.out
    assert "\x1b" not in listed.out
    only = command("quarantine", "list", "--reason", "not_json")
    assert "new-1" not in only.out

    shown = command("quarantine", "show", "1")
    assert json.loads(shown.out)["payload"] == body.decode()
    assert "\x1b" not in command("quarantine", "show", "2").out
    assert command("quarantine", "show", "9").err.startswith("there is no message 9 in quarantine")

    # Nothing was mended: both stay, and the reason is logged anew.
    again = command("quarantine", "release")
    assert (again.code, again.out.splitlines()[:3]) == (
        0,
        ["0 went through", "1 stay: unknown_device", "1 stay: not_utf8"],
    )

    rows.do(
        "INSERT INTO device (device_id, sender, kind, registered_at) VALUES ('new-1', 'native:new-1', 'motion', now())"
    )
    assert command("quarantine", "release", "--reason", "unknown_device").out == "1 went through\n"
    assert command("quarantine", "release", "--reason", "unknown_device").out == "0 went through\n"
    ((released,),) = rows.of("SELECT quarantine_id FROM quarantine WHERE released_at IS NOT NULL")
    gone = command("quarantine", "release", str(released))
    assert (gone.code, gone.err.startswith(f"message {released} does not wait")) == (1, True)
    assert command("quarantine", "release", "99").err.startswith("there is no message 99 in quarantine")
    # Stored once, at its own time and with the time at which it was received.
    assert rows.of("SELECT time, received_at, seq FROM reading") == [(_MOMENT, _MOMENT, 1)]
    assert command("quarantine", "list").out.splitlines()[-1] == "1 wait (1 not_utf8)"


def test_a_release_of_many_pages_stores_each_once(
    command: CommandLine, database_url: str, rows: Rows
) -> None:
    _keep(
        database_url,
        *(
            ("unknown_device", "mimamori/v1/new-1/readings", readings(seq, ("motion", True, _MOMENT)))
            for seq in [*range(1, 1201), *range(1, 101)]
        ),
    )
    rows.do(
        "INSERT INTO device (device_id, sender, kind, registered_at) VALUES ('new-1', 'native:new-1', 'motion', now())"
    )
    assert command("quarantine", "release").out == "1300 went through\n"
    assert rows.of("SELECT count(*), count(DISTINCT seq) FROM reading") == [(1200, 1200)]


@pytest.mark.parametrize(
    ("limits", "left", "dropped"),
    [
        (Limits(timedelta(hours=1), 1000, 2**20), [], 4),
        (Limits(timedelta(days=90), 2, 2**20), ["t3", "t4"], 2),
        (Limits(timedelta(days=90), 1000, 2500), ["t3", "t4"], 2),
        (_WIDE, ["t1", "t2", "t3", "t4"], 0),
    ],
    ids=["too old", "too many", "too large", "room for all"],
)
def test_the_quarantine_is_bounded_and_says_what_it_dropped(
    command: CommandLine, database_url: str, rows: Rows, limits: Limits, left: list[str], dropped: int
) -> None:
    _keep(database_url, *(("not_json", f"t{number}", b"x" * 1000) for number in (1, 2, 3, 4)))
    with Database(database_url, size=1) as database, database.transaction() as connection:
        assert quarantine.prune(connection, limits, _MOMENT + timedelta(hours=2)) == dropped
        state = quarantine.state(connection)
    assert [topic for (topic,) in rows.of("SELECT topic FROM quarantine ORDER BY quarantine_id")] == left
    assert (state.waiting, state.dropped) == (len(left), dropped)
    assert ("had to go" in command("quarantine", "list").out) == bool(dropped)


def test_what_was_released_goes_before_what_waits(database_url: str, rows: Rows) -> None:
    _keep(database_url, *(("not_json", f"t{number}", b"x") for number in (1, 2, 3)))
    with Database(database_url, size=1) as database, database.transaction() as connection:
        quarantine.mark_released(connection, [3], _MOMENT)
        assert quarantine.prune(connection, Limits(timedelta(days=90), 2, 2**20), _MOMENT) == 0
        assert [one.topic for one in quarantine.waiting(connection, Choice())] == ["t1", "t2"]
    assert rows.count("quarantine_drop") == 0


def test_a_running_ingest_bounds_the_quarantine_and_reports_it(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    _keep(database_url, *(("not_json", f"t{number}", b"x") for number in range(5)))
    settings = service_settings(database_url, broker, quarantine_messages=2, quarantine_days=3650)
    worker = processes.start("ingest", settings)
    assert worker.wait_for("quarantine_dropped")["count"] == 3
    assert rows.count("quarantine") == 2


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def test_an_administrator_sees_content_but_never_a_position(ward: ApiWard, database_url: str) -> None:
    _keep(
        database_url,
        ("not_json", "gw/g1/zigbee2mqtt/hall", b'{"occupancy": maybe}'),
        ("wrong_shape", "owntracks/hana/phone", b'{"x": 35.65}'),
        ("unknown_device", "mimamori/v1/tracker-9/fix", b'{"fixes": [{"lat": 35.65}]}'),
        ("unknown_metric", "mimamori/v1/hall-1/readings", b'{"lat": 35.65}'),
        ("not_utf8", "gw/g1/zigbee2mqtt/hall", b"\xff35.65"),
    )
    admin = ward.client("admin")
    reported = [admin.get(f"/api/v1/quarantine/{number}").json() for number in range(1, 6)]
    assert (reported[0]["text"], reported[0]["withheld"]) == ('{"occupancy": maybe}', False)
    assert [(one["text"], one["withheld"]) for one in reported[1:]] == [(None, True)] * 4
    assert "35.65" not in str(reported)

    state = admin.get("/api/v1/quarantine/state").json()
    assert (state["waiting"], state["reasons"]["not_json"], state["dropped"]) == (5, 1, 0)
    page = admin.get("/api/v1/quarantine", params={"reason": "not_json"}).json()
    assert [one["number"] for one in page["items"]] == [1]
