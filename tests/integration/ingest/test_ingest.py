"""Ingest with a real broker and a real database: what is published is stored, once, at the right time."""

import json
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.clock import FileClock
from core.domain.metrics import METRICS
from core.domain.reading import ReadingFlag
from core.store.database import Database
from deploy.local.mosquitto import INGEST, Broker
from deploy.local.ports import free_port
from ingest.commands.release import release
from ingest.processing.limits import Rules
from tests.support.ingest import Rows, fixes, now, readings, registered_ward
from tests.support.monitoring import answer
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Rows]:
    """Give the rows of a database with a registered ward."""
    with registered_ward(database_url, tmp_path) as found:
        yield found


def _stored(rows: Rows) -> int:
    return sum(count for (count,) in rows.of("SELECT stored_messages FROM ingest_progress"))


def _flags(rows: Rows, device_id: str) -> list[tuple[float, bool]]:
    """Return (value, is it a life sign) of a device's readings in order of time."""
    return [
        (value, ReadingFlag.LIFE_SIGN in ReadingFlag(flags))
        for value, flags in rows.of(
            "SELECT value, flags FROM reading JOIN device USING (device_number) WHERE device_id = %s ORDER BY time, seq",
            [device_id],
        )
    ]


def test_a_reading_is_stored_with_everything_that_follows_from_it(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    moment = now()
    with Publisher(broker) as device:
        device.publish(
            "mimamori/v1/hall-1/readings",
            readings(7, ("motion", True, moment), ("temperature_c", 21.5, moment)),
        )
        device.flush()
    wait_until(lambda: _stored(rows) == 1)

    # The readings themselves, in the units of the registry.
    assert rows.of("SELECT metric, time, value, seq, flags FROM reading ORDER BY metric") == [
        (1, moment, 1.0, 7, 1),
        (20, moment, 21.5, 7, 0),
    ]
    # What pages and the scheduler read: the latest values, the link, the home's life sign, the changes.
    assert rows.of("SELECT metric, value FROM device_latest ORDER BY metric") == [(1, 1.0), (20, 21.5)]
    assert rows.of("SELECT last_time, last_seq FROM device_contact") == [(moment, 7)]
    assert rows.of("SELECT life_sign_at FROM home_latest") == [(moment,)]
    assert rows.of("SELECT earliest, urgent FROM home_change") == [(moment, False)]


def test_a_message_comes_again_if_ingest_dies_before_its_commit(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    settings = service_settings(database_url, broker)
    ingest = processes.start("ingest", settings)
    rows.do("BEGIN")
    rows.do("LOCK TABLE device_contact IN ACCESS EXCLUSIVE MODE")
    with Publisher(broker) as device:
        device.publish("mimamori/v1/hall-1/readings", readings(1, ("motion", True, now())))
        device.flush()
    wait_until(
        lambda: rows.of("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'device_contact'::regclass"),
        what="the writer waiting in the middle of its transaction",
    )
    ingest.kill()
    rows.do("ROLLBACK")
    processes.start("ingest", settings)
    wait_until(lambda: _stored(rows) == 1)
    assert rows.count("reading") == 1


def test_killing_ingest_under_load_loses_nothing_and_doubles_nothing(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    settings = service_settings(database_url, broker)
    ingest = processes.start("ingest", settings)
    total, began = 6000, now() - timedelta(hours=2)

    def publish() -> None:
        with Publisher(broker) as device:
            for seq in range(1, total + 1):
                moment = began + timedelta(seconds=seq)
                device.publish("mimamori/v1/hall-1/readings", readings(seq, ("motion", True, moment)))
                device.publish("mimamori/v1/tracker-1/fix", fixes(seq, (35.6, 139.8, moment)))
            device.flush()

    publisher = threading.Thread(target=publish)
    publisher.start()
    for share in (0.1, 0.3, 0.6):
        wait_until(lambda share=share: rows.count("reading") >= share * total, 30, "some of the load")
        ingest.kill()
        ingest = processes.start("ingest", settings)
    publisher.join()
    wait_until(lambda: rows.count("reading") == total and rows.count("fix") == total, 30, "all of the load")
    assert rows.of("SELECT count(DISTINCT seq) FROM reading") == [(total,)]


def test_messages_without_a_number_or_a_time_are_stored_once_after_a_kill(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    settings = service_settings(database_url, broker)
    ingest = processes.start("ingest", settings)
    total = 2000
    with Publisher(broker) as gateway:
        for quality in range(total):
            body = json.dumps({"occupancy": True, "linkquality": quality % 256, "trigger_count": quality})
            gateway.publish("gw/g1/zigbee2mqtt/hall", body.encode())
        wait_until(lambda: rows.of("SELECT 1 FROM reading LIMIT 1"))
        ingest.kill()
        gateway.flush()
        processes.start("ingest", settings)
        wait_until(lambda: rows.of("SELECT count(*) FROM reading WHERE metric = 1")[0][0] >= total, 30)
        gateway.publish("mimamori/v1/hall-1/readings", readings(1, ("motion", True, now())))
        wait_until(lambda: rows.of("SELECT 1 FROM reading WHERE seq = 1"))
    assert rows.of("SELECT count(*) FROM reading WHERE metric = 1 AND seq <> 1") == [(total,)]


def test_a_broker_restart_is_survived(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    ingest = processes.start("ingest", service_settings(database_url, broker))
    broker.stop()
    ingest.wait_for("broker_disconnected")
    broker.start(broker.port)
    with Publisher(broker) as device:
        device.publish("mimamori/v1/hall-1/readings", readings(1, ("motion", True, now())))
        device.flush()
    wait_until(lambda: rows.count("reading") == 1, 20)


def test_what_simple_senders_publish_without_waiting_for_an_answer_waits_for_ingest(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    settings = service_settings(database_url, broker)
    processes.start("ingest", settings).kill()
    with Publisher(broker) as device:
        for seq in range(1, 51):
            device.publish("mimamori/v1/hall-1/readings", readings(seq, ("motion", True, now())), qos=0)
        # Behind them on the same connection, so they are at the broker when this is.
        device.publish("mimamori/v1/hall-1/readings", readings(51, ("motion", True, now())))
        device.flush()
    processes.start("ingest", settings)
    wait_until(lambda: rows.count("reading") == 51, 20)


def test_random_bytes_on_any_topic_are_kept_and_never_stop_ingest(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    ingest = processes.start("ingest", service_settings(database_url, broker))
    noise = random.Random(1)
    topics = [
        "mimamori/v1/hall-1/readings",
        "mimamori/v1/hall-1/fix",
        "mimamori/v1/hall-1/status",
        "gw/g1/zigbee2mqtt/hall",
        "gw/g1/nothing/known",
        "owntracks/hanako/phone",
        "gw/g1/stat/x/RESULT",
        "gw/g1/v3/a@t/devices/d/up",
    ]
    bodies = [
        b"",
        b"\x00",
        b"\xff\xfe",
        b"NaN",
        b"[" * 60_000,
        b'{"a":' * 20_000,
        b'{"seq":1,"readings":[{"metric":"motion","value":1e999,"time":"2026-01-01T00:00:00Z"}]}',
        b'{"seq":' + b"9" * 5000 + b"}",
        b'{"_type":"location","lat":0,"lon":0,"tst":1718000000}',
        b"x" * 250_000,
        *(noise.randbytes(noise.randrange(1, 400)) for _ in range(40)),
    ]
    with Publisher(broker) as device:
        for topic in topics:
            for body in bodies:
                device.publish(topic, body)
        device.publish("mimamori/v1/hall-1/readings", readings(1, ("motion", True, now())))
        device.flush()
    wait_until(lambda: rows.of("SELECT 1 FROM reading WHERE seq = 1"), 30)
    assert ingest.is_running
    # Of all that only the last message counts; an object that says nothing known shows that its device is there.
    assert rows.of(
        "SELECT metric, is_life_sign(flags) FROM reading WHERE metric <> %s", [METRICS["heartbeat"].number]
    ) == [(METRICS["motion"].number, True)]
    assert rows.count("quarantine") >= len(topics) * (len(bodies) - 1) - 1
    # The bytes are kept as they came, with a reason from the list.
    assert (b"\x00",) in rows.of("SELECT payload FROM quarantine")
    assert {reason for (reason,) in rows.of("SELECT DISTINCT reason FROM quarantine")} >= {
        "not_json",
        "not_utf8",
        "unknown_topic",
        "wrong_shape",
    }


def test_an_unknown_device_is_quarantined_and_released_once_it_is_registered(
    database_url: str, rows: Rows, broker: Broker, processes: Processes, tmp_path: Path
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    moment = now()
    with Publisher(broker) as device:
        device.publish("mimamori/v1/new-1/readings", readings(1, ("motion", True, moment)))
        device.flush()
    wait_until(lambda: rows.of("SELECT 1 FROM quarantine WHERE reason = 'unknown_device'"))
    rows.do(
        "INSERT INTO device (device_id, sender, kind, registered_at) VALUES ('new-1', 'native:new-1', 'motion', now())"
    )
    with Database(database_url) as database:
        rules = Rules(ZoneInfo("Asia/Tokyo"))
        first = release(database, rules, now())
        second = release(database, rules, now())

    # Released once, stored once; a second release finds nothing.
    assert (first.stored, first.kept, second.stored) == (1, {}, 0)
    assert rows.of("SELECT time, seq FROM reading") == [(moment, 1)]

    # From now on its messages are taken at once, and the old one is not doubled.
    with Publisher(broker) as device:
        device.publish("mimamori/v1/new-1/readings", readings(1, ("motion", True, moment)))
        device.publish("mimamori/v1/new-1/readings", readings(2, ("motion", True, moment)))
        device.flush()
    wait_until(lambda: rows.count("reading") == 2)


def test_a_device_under_a_gateway_must_be_registered_there(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    with Publisher(broker) as gateway:
        gateway.publish("gw/g2/mimamori/v1/hall-2/readings", readings(1, ("motion", True, now())))
        gateway.publish("gw/g1/mimamori/v1/hall-2/readings", readings(2, ("motion", True, now())))
        gateway.flush()
    wait_until(lambda: _stored(rows) == 2)
    assert rows.of("SELECT seq FROM reading") == [(2,)]
    assert rows.of("SELECT reason FROM quarantine") == [("wrong_gateway",)]


def test_a_standby_takes_over_within_five_seconds(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    settings = service_settings(database_url, broker)
    active = processes.start("ingest", settings)
    standby = processes.start("ingest", settings, ready="standby")
    active.kill()
    with Publisher(broker) as device:
        device.publish("mimamori/v1/hall-1/readings", readings(1, ("motion", True, now())))
        device.flush()
    wait_until(lambda: rows.count("reading") == 1, 5, "the standby's take-over")
    assert standby.events("ready")


def test_a_state_that_only_repeats_is_no_life_sign_also_when_it_comes_late(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    start = now() - timedelta(hours=1)
    states = [False, False, True, True, True, False]
    messages = [
        readings(seq, ("bed_occupied", state, start + timedelta(minutes=seq)))
        for seq, state in enumerate(states, start=1)
    ]
    with Publisher(broker) as device:
        # The third and the fourth come last.
        for place in (0, 1, 4, 5, 3, 2):
            device.publish("mimamori/v1/bed-1/readings", messages[place])
            device.flush()
            wait_until(lambda: _stored(rows) == rows.count("reading"))
    wait_until(lambda: rows.count("reading") == 6)
    # The first state that ever comes is none either.
    assert _flags(rows, "bed-1") == [(0, False), (0, False), (1, True), (1, False), (1, False), (0, True)]


def test_a_retained_message_is_no_life_sign_and_no_contact(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    with Publisher(broker) as device:
        device.publish("gw/g1/zigbee2mqtt/hall", b'{"occupancy": true}', retain=True)
        device.publish("mimamori/v1/hall-1/status", b'{"online": true}', retain=True)
        device.flush()
    processes.start("ingest", service_settings(database_url, broker))
    wait_until(lambda: rows.count("reading") == 2)
    assert rows.of("SELECT DISTINCT is_life_sign(flags), is_retained(flags) FROM reading") == [(False, True)]
    assert rows.count("device_contact") == 0
    assert rows.count("home_latest") == 0
    # The state of the link is worth knowing; an old movement is not.
    assert rows.of("SELECT metric FROM device_latest") == [(47,)]


def test_wild_clocks_do_not_place_readings_far_away(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    began = now()
    wild = datetime(1970, 1, 1, 0, 10, tzinfo=UTC)
    doubtful = readings(1, ("motion", True, wild), ("motion", True, wild + timedelta(minutes=1)))
    corrected = readings(2, ("motion", True, wild), sent_at=(wild + timedelta(minutes=30)).isoformat())
    with Publisher(broker) as device:
        for _ in range(2):
            device.publish("mimamori/v1/hall-1/readings", doubtful)
            device.publish("mimamori/v1/hall-1/readings", corrected)
        device.flush()
    wait_until(lambda: _stored(rows) == 4)
    found = rows.of("SELECT seq, time, flags FROM reading ORDER BY seq, time")
    # Both readings without a usable time are there once, apart, when they were received; the third is half an hour back.
    assert [seq for seq, _, _ in found] == [1, 1, 2]
    assert all(time >= began - timedelta(seconds=1) for _, time, _ in found[:2])
    assert [ReadingFlag.CLOCK_SUSPECT in ReadingFlag(flags) for _, _, flags in found] == [True, True, False]
    assert abs(found[2][1] - (began - timedelta(minutes=30))) < timedelta(seconds=10)


def test_progress_goes_on_while_nothing_comes(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    began = now()
    wait_until(
        lambda: any(
            through > began + timedelta(seconds=1)
            for (through,) in rows.of("SELECT watermark FROM ingest_progress")
        )
    )


def test_progress_follows_a_clock_that_is_moved_by_hand(
    database_url: str, rows: Rows, broker: Broker, processes: Processes, tmp_path: Path
) -> None:
    clock, moment = tmp_path / "clock", datetime(2019, 6, 1, tzinfo=UTC)
    FileClock.write(clock, moment)
    processes.start("ingest", service_settings(database_url, broker, clock=f"file:{clock}"))
    for _ in range(3):
        reading_at = moment + timedelta(minutes=50)
        moment += timedelta(hours=1)
        with Publisher(broker) as device:
            device.publish("mimamori/v1/hall-1/readings", readings(moment.hour, ("motion", True, reading_at)))
            device.flush()
        wait_until(lambda at=reading_at: rows.of("SELECT 1 FROM reading WHERE time = %s AND flags = 1", [at]))
        FileClock.write(clock, moment)
        wait_until(lambda at=moment: rows.of("SELECT 1 FROM ingest_progress WHERE watermark = %s", [at]), 2)


@pytest.mark.parametrize("call", ["sos", "smoke"])
def test_a_call_for_help_is_raised_as_urgent(
    database_url: str, rows: Rows, broker: Broker, processes: Processes, call: str
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    with (
        Database(database_url) as database,
        database.listen("home_change") as listener,
        Publisher(broker) as device,
    ):
        device.publish("mimamori/v1/sos-1/readings", readings(1, (call, True, now())))
        received = listener.wait(5)
    assert ("home_change", "urgent") in received
    assert rows.of("SELECT urgent FROM home_change") == [(True,)]


def test_a_database_that_refuses_work_for_a_while_is_waited_for(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    ingest = processes.start("ingest", service_settings(database_url, broker))
    rows.set_read_only(True)
    with Publisher(broker) as device:
        device.publish("mimamori/v1/hall-1/readings", readings(1, ("motion", True, now())))
        device.flush()
    ingest.wait_for("store_unavailable")
    assert rows.count("reading") == 0
    rows.set_read_only(False)
    wait_until(lambda: rows.count("reading") == 1, 20)
    assert ingest.is_running


def test_ingest_reads_nothing_it_must_not(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    """Its own commands come back to it and are neither readings nor junk."""
    processes.start("ingest", service_settings(database_url, broker))
    with Publisher(broker, INGEST) as service:
        service.publish("mimamori/v1/hall-1/command", b'{"stored_through": 3}')
        service.flush()
    wait_until(lambda: _stored(rows) == 1)
    assert rows.count("quarantine") == 0


def test_a_gap_in_the_numbers_is_asked_for_and_filled(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    start = now() - timedelta(hours=1)
    messages = {seq: readings(seq, ("motion", True, start + timedelta(minutes=seq))) for seq in range(10, 16)}
    topic = "gw/g1/mimamori/v1/hall-2"
    with Publisher(broker) as device:
        received = device.listen(f"{topic}/command")
        for seq in (10, 11, 14):
            device.publish(f"{topic}/readings", messages[seq])
        device.publish(f"{topic}/status", b'{"online": true, "last_seq": 15}')
        device.flush()

        # What is missing is known at once, with the time in which it must have happened, and asked for a little later.
        wait_until(lambda: rows.count("sequence_gap") == 2)
        assert rows.of("SELECT first_seq, last_seq, began_at, ended_at FROM sequence_gap ORDER BY 1") == [
            (12, 13, start + timedelta(minutes=11), start + timedelta(minutes=14)),
            (15, 15, start + timedelta(minutes=14), None),
        ]
        asked = wait_until(lambda: [body for body in received if "resend" in body])
        assert asked[0] == {"resend": [[12, 13], [15, 15]]}

        # The device sends them again, in any order; nothing is missing any more.
        for seq in (15, 13, 12):
            device.publish(f"{topic}/readings", messages[seq])
        device.flush()
        wait_until(lambda: rows.count("sequence_gap") == 0)
    assert rows.of("SELECT count(*) FROM reading WHERE metric = 1") == [(6,)]


def test_stored_messages_are_confirmed_to_the_device(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    with Publisher(broker) as device:
        received = device.listen("mimamori/v1/hall-1/command")
        device.publish("mimamori/v1/hall-1/readings", readings(41, ("motion", True, now())))
        device.flush()
        assert wait_until(lambda: received)[0] == {"stored_through": 41}


def test_a_monitor_sees_numbers_and_health(
    database_url: str, rows: Rows, broker: Broker, processes: Processes
) -> None:
    port = free_port()
    processes.start("ingest", service_settings(database_url, broker, ingest_metrics_port=port))
    with Publisher(broker) as device:
        device.publish("mimamori/v1/hall-1/readings", readings(1, ("motion", True, now())))
        device.publish("mimamori/v1/nobody/readings", readings(1, ("motion", True, now())))
        device.publish("gw/g1/zigbee2mqtt/hall", b'{"occupancy": true, "work_state": 3, "mode": 1}')
        device.publish("gw/g1/zigbee2mqtt/nobody", b'{"occupancy": true, "work_state": 3}')
        device.flush()
    wait_until(lambda: _stored(rows) == 4)

    status, text = answer(port, "/metrics")
    assert status == 200
    assert {"ingest_active 1.0", "ingest_messages_total 4.0", "ingest_quarantined_total 2.0"} <= set(
        text.splitlines()
    )
    # What is not read is counted for registered devices.
    unread = [line for line in text.splitlines() if line.startswith("ingest_unread_fields_total")]
    assert unread == ['ingest_unread_fields_total{codec="zigbee2mqtt"} 2.0']
    # Whoever collects the numbers sees how far ingest is and which gateways are in contact.
    assert {"ingest_no_data 0.0"} <= set(text.splitlines())
    assert "ingest_watermark_timestamp_seconds 1." in text
    wait_until(lambda: answer(port, "/healthz")[0] == 200)
    broker.stop()
    wait_until(lambda: answer(port, "/healthz")[0] == 503)
