"""A monitor is shown how the whole service is: what waits for people, what cannot be seen, what is kept."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from psycopg.conninfo import conninfo_to_dict

from api.views.service_figures import ServiceFigures
from core.domain.alert import Severity
from core.monitoring.figures import FIGURES
from core.monitoring.tally import Tally
from deploy.local import required_programs
from deploy.local.child_process import Child
from detectors.alerting import planner
from tests.support.wait import wait_until
from tests.support.wards.api_ward import HOME_A, RESIDENT_A, ApiWard, api_ward

_HOME = "SELECT home_id FROM resident WHERE resident_id = %s"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _figures(ward: ApiWard) -> dict[str, float]:
    """Return what is shown now; `name{label}` where a figure has labels."""
    state = ward.app.state
    fresh = ServiceFigures(ward.database, state.settings, ward.clock, state.change_feed, state.tally)
    found: dict[str, float] = {}
    for one in fresh.samples():
        assert len(one.labels) == len(FIGURES[one.name].labels)
        key = f"{one.name}{{{','.join(one.labels)}}}" if one.labels else one.name
        assert key not in found
        found[key] = float(one.value)
    return found


def test_an_empty_evening_is_shown_as_what_it_is(ward: ApiWard) -> None:
    found = _figures(ward)
    assert found["service_database_up"] == 1
    # Nothing has reported yet, and nobody was evaluated.
    assert (found["service_ready"], found["service_blind"], found["service_mute"]) == (0, 1, 0)
    assert found["service_residents{cannot_tell}"] == 2
    assert (found["service_homes"], found["service_blind_homes"]) == (2, 0)
    assert [found[f"service_open_alerts{{{severity}}}"] for severity in (1, 2, 3, 4)] == [0, 0, 0, 0]
    assert found["service_kept_seconds{quarantine}"] == 90 * 86400
    assert found["service_kept_seconds{reading}"] == 400 * 86400
    assert found["service_kept_seconds{fix}"] == 90 * 86400
    assert found["service_database_bytes"] > 2**20
    # Of what never was there is no moment, and of the evening check nothing before the first.
    for name in (
        "service_ingest_watermark_timestamp_seconds", "service_last_backup_timestamp_seconds",
        "service_last_proven_restore_timestamp_seconds", "service_canary_last_contact_timestamp_seconds",
        "service_oldest_unclaimed_emergency_timestamp_seconds", "service_unreachable_residents",
        "service_archive_failing", "service_web_certificate_trusted", "service_oldest_timestamp_seconds{reading}",
    ):  # fmt: skip
        assert name not in found


def test_emergencies_are_counted_until_somebody_takes_them_and_an_escalation_that_ended_is_seen(
    ward: ApiWard,
) -> None:
    now = ward.clock.now()
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    found = _figures(ward)
    # It has yet to be planned.
    assert (found["service_unclaimed_emergencies"], found["service_ended_escalations"]) == (1, 0)
    assert found["service_oldest_unclaimed_emergency_timestamp_seconds"] == now.timestamp()
    planner.plan_all(ward.database, now)
    assert _figures(ward)["service_ended_escalations"] == 0
    # Of a call nobody else speaks, so a stopped step is no step ahead.
    ward.execute("UPDATE escalation_step SET stopped_at = %s WHERE executed_at IS NULL", now)
    assert _figures(ward)["service_ended_escalations"] == 1
    ward.execute("UPDATE escalation_step SET stopped_at = NULL, executed_at = %s", now)
    assert _figures(ward)["service_ended_escalations"] == 1
    ward.execute(
        "UPDATE alert SET handling = 'claimed', claimed_at = %s, claim_expires_at = %s WHERE alert_id = %s",
        now, now + timedelta(hours=1), number,
    )  # fmt: skip
    found = _figures(ward)
    assert (found["service_unclaimed_emergencies"], found["service_ended_escalations"]) == (0, 0)
    assert found["service_open_alerts{1}"] == 1
    assert found["service_residents{with_alert}"] == 1


def test_an_emergency_about_which_nobody_can_be_asked_any_more_is_shouted_until_somebody_can(
    ward: ApiWard,
) -> None:
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    for minutes in (0, 2, 5, 10, 20, *([20] * 3)):
        ward.clock.advance(minutes=minutes)
        planner.plan_all(ward.database, ward.clock.now())
        ward.execute("UPDATE notification SET status = 'sent', sent_at = created_at")
    care = ward.client("care_a")
    assert _figures(ward)["service_exhausted_emergencies"] == 0
    assert "もう知らせる先がありません" not in care.get("/alarm").text

    # Three people, each of whom had one more after the rounds of the first half hour; the next turn finds nobody.
    ward.clock.advance(minutes=20)
    planner.plan_all(ward.database, ward.clock.now())
    assert _figures(ward)["service_exhausted_emergencies"] == 1
    ready = ward.client().get("/readyz").json()
    assert (ready["exhausted_emergencies"], ready["messages"]) == (1, False)
    shown = care.get("/alarm").text
    assert "1件は、全員にくり返し知らせましたが、だれも応じていません" in shown
    assert "もう知らせる先がありません" in shown
    assert "もう知らせる先がありません" not in ward.client("care_b").get("/alarm").text

    ward.client("care_a").post(f"/alerts/{number}/claim")
    assert _figures(ward)["service_exhausted_emergencies"] == 0


def test_of_an_emergency_without_any_message_it_is_not_said_that_all_were_asked(ward: ApiWard) -> None:
    ward.execute("UPDATE contact SET is_active = false")
    ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    for minutes in (0, 5, 20):
        ward.clock.advance(minutes=minutes)
        planner.plan_all(ward.database, ward.clock.now())
    found = _figures(ward)
    assert (found["service_unnotified_emergencies"], found["service_exhausted_emergencies"]) == (1, 0)
    assert "くり返し知らせました" not in ward.client("care_a").get("/alarm").text


def test_an_alert_of_a_walk_that_another_one_leads_has_not_ended(ward: ApiWard) -> None:
    now = ward.clock.now()
    leading = ward.open_alert(rule="wandering", severity=Severity.EMERGENCY)
    led = ward.open_alert(rule="not_returned", severity=Severity.EMERGENCY)
    planner.plan_all(ward.database, now)
    steps = "SELECT count(*) FROM escalation_step WHERE alert_id = %s AND executed_at IS NULL AND stopped_at IS NULL"
    assert (ward.execute(steps, leading)[0][0] > 0, ward.execute(steps, led)) == (True, [(0,)])
    assert _figures(ward)["service_ended_escalations"] == 0
    # What comes later is another change, and leads for itself.
    ward.execute("UPDATE alert SET opened_at = opened_at - interval '2 hours' WHERE alert_id = %s", leading)
    assert _figures(ward)["service_ended_escalations"] == 1
    ward.execute("UPDATE alert SET opened_at = opened_at + interval '2 hours' WHERE alert_id = %s", leading)
    ward.execute("UPDATE alert SET condition = 'cleared', cleared_at = %s WHERE alert_id = %s", now, leading)
    assert _figures(ward)["service_ended_escalations"] == 1


def test_homes_out_of_contact_are_counted_once_and_only_while_somebody_lives_there(ward: ApiWard) -> None:
    ((home,),) = ward.execute(_HOME, RESIDENT_A)
    now = ward.clock.now()
    began = "INSERT INTO blind_time (subject_kind, home_id, area, began_at, ended_at, cause) VALUES (%s, %s, %s, %s, %s, %s)"
    ward.execute(began, "home", home, None, now - timedelta(hours=1), None, "silent")
    ward.execute(began, "area", None, "area A", now - timedelta(hours=1), None, "silent")
    ward.execute(began, "area", None, "area B", now - timedelta(hours=2), now - timedelta(hours=1), "silent")
    found = _figures(ward)
    assert (found["service_homes"], found["service_blind_homes"]) == (2, 1)
    ward.execute(
        "UPDATE resident SET ended_at = %s, end_reason = 'moved' WHERE resident_id = %s", now, RESIDENT_A
    )
    found = _figures(ward)
    assert (found["service_homes"], found["service_blind_homes"]) == (1, 0)


def test_what_is_kept_has_an_age(ward: ApiWard) -> None:
    now = ward.clock.now()
    ward.read("hall-a", "motion", 1, now)
    ward.fix("tracker-a", *HOME_A, now)
    ward.execute(
        "INSERT INTO quarantine (received_at, topic, payload, reason, detail, released_at)"
        " VALUES (%s, 'a', '', 'not_json', '', NULL), (%s, 'b', '', 'not_json', '', %s)",
        now - timedelta(days=2), now - timedelta(days=5), now,
    )  # fmt: skip
    ward.execute(
        "INSERT INTO backup (name, made_at, bytes, rows, proven_at) VALUES ('b', %s, 1, 1, %s)",
        now - timedelta(days=1), now - timedelta(hours=3),
    )  # fmt: skip
    ward.execute(
        "INSERT INTO evening_check (office_id, day, checked_at, residents, gaps, centre_is_able)"
        " VALUES (1, %s, %s, 1, 2, true), (1, %s, %s, 7, 7, true), (2, %s, %s, 3, 0, true)",
        now.date(), now, now.date() - timedelta(days=1), now - timedelta(days=1), now.date(), now,
    )  # fmt: skip
    found = _figures(ward)
    assert found["service_oldest_timestamp_seconds{quarantine}"] == (now - timedelta(days=2)).timestamp()
    for table in ("reading", "fix"):
        age = now.timestamp() - found[f"service_oldest_timestamp_seconds{{{table}}}"]
        assert 0 <= age <= 7 * 86400
    assert found["service_last_backup_timestamp_seconds"] == (now - timedelta(days=1)).timestamp()
    assert found["service_last_proven_restore_timestamp_seconds"] == (now - timedelta(hours=3)).timestamp()
    # An erasure that goes on, and the last time that something went because it was too old.
    ward.execute("INSERT INTO erasure (resident_number, asked_at) VALUES (77, %s)", now - timedelta(hours=5))
    ward.execute(
        "INSERT INTO retention_run (began_at, done_at, kept_for, parts_left, key_number, seal) VALUES (%s, %s, '{}', 0, 0, '')",
        now - timedelta(days=3), now - timedelta(days=3),
    )  # fmt: skip
    later = _figures(ward)
    assert later["service_oldest_open_erasure_timestamp_seconds"] == (now - timedelta(hours=5)).timestamp()
    assert later["service_last_retention_timestamp_seconds"] == (now - timedelta(days=3)).timestamp()
    assert (found["service_retention_late"], later["service_retention_late"]) == (0, 1)
    assert ward.client("admin").get("/readyz").json()["retention_late"] is True
    # Of each office the last evening.
    assert (found["service_unreachable_residents"], found["service_duty_gaps"]) == (4, 2)


def test_without_the_database_nothing_is_claimed_but_that(ward: ApiWard) -> None:
    ward.database.close()
    found = {name: value for name, value in _figures(ward).items() if name.startswith("service_")}
    assert found == {"service_database_up": 0, "service_ready": 0, "service_blind": 1, "service_mute": 0}


def test_the_database_is_asked_once_for_monitors_that_come_at_the_same_time(ward: ApiWard) -> None:
    state = ward.app.state
    figures = ServiceFigures(ward.database, state.settings, ward.clock, state.change_feed, Tally())
    first = [one for one in figures.samples() if one.name == "service_open_alerts"]
    ward.open_alert()
    assert [one for one in figures.samples() if one.name == "service_open_alerts"] == first


def test_answers_are_counted_by_kind_and_nothing_of_who_asked(ward: ApiWard) -> None:
    client = ward.client("care_a")
    client.get(f"/residents/{RESIDENT_A}")
    client.get("/residents/4711")
    client.get("/api/v1/alerts")
    client.get("/readyz")
    found = _figures(ward)
    assert found["api_requests{page,2xx}"] == 1
    assert found["api_requests{page,4xx}"] == 1
    assert found["api_requests{json,2xx}"] == 1
    assert found["api_requests{monitor,5xx}"] == 1
    assert found["api_request_seconds{page}"] > 0
    assert (found["api_streams"], found["api_changes_lost"]) == (0, 0)


def test_a_replica_is_counted_and_how_far_it_is_behind(
    ward: ApiWard, database_url: str, tmp_path: Path
) -> None:
    assert _figures(ward)["service_replicas"] == 0
    programs = required_programs.postgres(print).programs
    # It takes the log and says how far it is, as a replica does.
    server = conninfo_to_dict(database_url)
    receiver = Child(
        "pg_receivewal",
        [
            str(programs / "pg_receivewal"), f"--directory={tmp_path}", "--no-loop", "--status-interval=1", "--synchronous",
            f"--host={server['host']}", f"--port={server['port']}", f"--username={server['user']}",
        ],
        tmp_path / "receiver.log",
        environment={"PGPASSWORD": str(server["password"]), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    try:
        wait_until(lambda: "service_replication_lag_bytes" in _figures(ward), what="the replica")
        found = _figures(ward)
        assert found["service_replicas"] == 1
        assert 0 <= found["service_replication_lag_bytes"] < 2**40
    finally:
        receiver.stop()


def test_the_certificate_of_the_pages_is_looked_at(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = trustme.CA()
    ends = (datetime.now(UTC) + timedelta(days=9)).replace(microsecond=0)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost", not_after=ends).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    trusted = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(trusted)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(2):
                connection, _ = server.accept()
                try:
                    with connection, context.wrap_socket(connection, server_side=True) as secured:
                        secured.recv(1)
                except OSError:
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"https://localhost:{server.getsockname()[1]}"
        with api_ward(database_url, tmp_path, base_url=url) as ward:
            found = _figures(ward)
            assert found["service_web_certificate_trusted"] == 0
            assert "service_web_certificate_expiry_timestamp_seconds" not in found
            monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
            found = _figures(ward)
            assert found["service_web_certificate_trusted"] == 1
            assert found["service_web_certificate_expiry_timestamp_seconds"] == ends.timestamp()
            # A process is asked before it listens: nobody there is no answer that would hold for an hour.
            answers = [None, ends]

            def answer(*_: object) -> datetime | None:
                return answers.pop(0)

            monkeypatch.setattr("api.views.service_figures.expiry_at", answer)
            state = ward.app.state
            figures = ServiceFigures(
                ward.database, state.settings, ward.clock, state.change_feed, state.tally
            )
            shown = [{one.name for one in figures.samples()} for _ in range(3)]
            assert ["service_web_certificate_trusted" in names for names in shown] == [False, True, True]
        thread.join(5)
