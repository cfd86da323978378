"""The JSON interface over the real database: what it shows, pages of lists, changes, and clear refusals."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.domain.alert import Severity, Subject
from core.store.alerts import alerts
from tests.support.wards.api_ward import OFFICE_A, RESIDENT_A, ApiWard, api_ward

A = f"/api/v1/residents/{RESIDENT_A}"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def test_a_resident_whom_nothing_is_known_of_is_cannot_tell_and_never_as_usual(ward: ApiWard) -> None:
    found = ward.client("care_a").get(A).json()

    assert found["state"] == "cannot_tell"
    assert found["last_life_sign_at"] is None
    # On 1 August in Tokyo, a day before the birthday.
    assert found["age"] == 85


def test_a_resident_shows_the_worst_open_alert_and_whether_the_watch_rests(ward: ApiWard) -> None:
    ward.open_alert(rule="inactivity", severity=Severity.CHECK_SOON)
    ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    ward.open_alert(rule="device_silent", severity=Severity.EQUIPMENT, subject=Subject.of_device(1))
    now = ward.clock.now()
    ward.execute("UPDATE resident SET paused_from = %s, paused_until = %s", now, now + MINUTE)

    found = ward.client("care_a").get(A).json()

    assert (found["open_alerts"], found["worst"], found["is_paused"]) == (2, 1, True)


def test_readings_come_page_by_page_without_gap_or_repeat(ward: ApiWard) -> None:
    now = ward.clock.now()
    for minute in range(1, 8):
        # Two devices at the same moment, so that the page border falls between equal times.
        ward.read("hall-a", "motion", 1, now - minute * MINUTE, life_sign=True)
        ward.read("hall-a", "temperature_c", 20 + minute, now - minute * MINUTE)
    client, seen, cursor = ward.client("family_a"), [], None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"{A}/readings", params=params).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(seen) == 14
    assert [one["time"] for one in seen] == sorted(one["time"] for one in seen)
    assert len({(one["time"], one["metric"]) for one in seen}) == 14
    only = client.get(f"{A}/readings", params={"metric": "temperature_c", "limit": 1000}).json()["items"]
    assert [one["value"] for one in only] == [27, 26, 25, 24, 23, 22, 21]
    assert {one["unit"] for one in only} == {"Cel"}


def test_a_device_reports_only_of_the_time_in_which_it_was_in_the_home(ward: ApiWard) -> None:
    now = ward.clock.now()
    ward.read("hall-a", "motion", 1, now - 40 * MINUTE)
    ward.read("hall-a", "motion", 1, now - 20 * MINUTE)
    ward.execute(
        "UPDATE device_assignment SET during = tstzrange(lower(during), %s) WHERE device_number ="
        " (SELECT device_number FROM device WHERE device_id = 'hall-a')",
        now - 30 * MINUTE,
    )

    items = ward.client("care_a").get(f"{A}/readings").json()["items"]

    assert [one["time"] for one in items] == [(now - 40 * MINUTE).isoformat().replace("+00:00", "Z")]


WRONG_REQUESTS = (
    (f"{A}/readings?metric=tempratur", "query.metric"),
    (f"{A}/readings?from=2026-08-01", "query.from"),
    (f"{A}/readings?from=2026-08-01T00:00:00", "query.from"),
    (f"{A}/readings?from=0001-01-01T00:00:00Z", "query.from"),
    (f"{A}/readings?from=2026-08-01T00:00:00Z&to=2026-07-01T00:00:00Z", "query.from"),
    (f"{A}/readings?limit=0", "query.limit"),
    (f"{A}/readings?limit=1001", "query.limit"),
    (f"{A}/readings?cursor=AAAA", "query.cursor"),
    (f"{A}/readings?cursor=WyJ4Il0", "query.cursor"),
    (f"{A}/readings?metrc=motion", "query.metrc"),
    ("/api/v1/residents?q=hanako", "query.q"),
    ("/api/v1/alerts/0", "path.number"),
    ("/api/v1/alerts/9223372036854775808", "path.number"),
    ("/api/v1/residents/99999999999", "path.number"),
    ("/api/v1/devices/Hall%20A", "path.device_id"),
    ("/api/v1/alerts/history?handling=done", "query.handling"),
)


def test_a_request_that_cannot_be_understood_is_reported_where_it_is_wrong(ward: ApiWard) -> None:
    client = ward.client("care_a")
    for path, where in WRONG_REQUESTS:
        answer = client.get(path)
        assert answer.status_code == 422, (path, answer.text)
        problem = answer.json()
        assert where in [one["where"] for one in problem["errors"]], path
        assert problem["next"]
        assert problem["type"] == "urn:mimamori:problem:input"


WRONG_SHAPES: tuple[tuple[dict[str, object], str], ...] = (
    ({"kind": "circle", "lat": 35, "lon": 139, "radius_m": 29}, "30"),
    ({"kind": "circle", "lat": 35, "lon": 139, "radius_m": 50_001}, "50000"),
    ({"kind": "circle", "lat": 95, "lon": 139, "radius_m": 300}, "85"),
    ({"kind": "polygon", "corners": [[35, 139], [35.01, 139.01]]}, "3"),
    ({"kind": "polygon", "corners": [[35, 139], [35.01, 139.01], [35.01, 139], [35, 139.01]]}, "cross"),
    ({"kind": "polygon", "corners": [[35, 139], [35.01, 139.01], [35.02, 139.02]]}, "line"),
    ({"kind": "polygon", "corners": [[35, 139], [35.01, 139.01], [35, 139], [35.02, 139]]}, "same point"),
    ({"kind": "polygon", "corners": [[35, 139], [35.01, 139.01], [35, 39]]}, "wider"),
    ({"kind": "square", "lat": 35, "lon": 139}, "circle"),
)


def test_a_shape_that_cannot_be_a_geofence_is_refused_with_the_reason(ward: ApiWard) -> None:
    client = ward.client("care_a")
    for shape, what in WRONG_SHAPES:
        answer = client.post(f"{A}/geofences", json={"name": "park", "shape": shape})
        assert answer.status_code == 422, (shape, answer.text)
        assert any(what in one["what"] for one in answer.json()["errors"]), answer.text


def test_a_geofence_is_drawn_changed_and_ended(ward: ApiWard) -> None:
    client = ward.client("care_a")
    triangle = [[35.65, 139.79], [35.65, 139.80], [35.66, 139.80]]
    hours = {"days": [5, 6], "start": "22:00", "end": "06:00"}

    made = client.post(
        f"{A}/geofences",
        json={
            "name": " 公園 ",
            "shape": {"kind": "polygon", "corners": [*triangle, triangle[0]]},
            "hours": hours,
        },
    ).json()
    address = f"/api/v1/geofences/{made['number']}"
    # A polygon that is sent closed is stored open.
    assert made["name"] == "公園"
    assert made["shape"]["corners"] == triangle
    assert made["hours"] == {"days": [5, 6], "start": "22:00:00", "end": "06:00:00"}

    changed = client.patch(address, json={"name": "大きな公園"}).json()
    assert changed["name"] == "大きな公園"
    assert client.patch(address, json={}).status_code == 422
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert client.delete(address).status_code == 404


def test_of_two_who_claim_at_once_one_holds_it_and_the_other_is_answered_who(ward: ApiWard) -> None:
    number = ward.open_alert()
    clients = [ward.client("care_a"), ward.client("family_a")]

    def claim(client: Any) -> Any:
        return client.post(f"/api/v1/alerts/{number}/claim", json={"version": 1})

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(claim, clients))

    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (200, 409)
    holder = won.json()["claimed_by"]
    assert lost.json()["alert"] == {
        "number": number,
        "version": 2,
        "handling": "claimed",
        "claimed_by": holder,
    }
    assert holder in lost.json()["detail"]


def test_of_fifty_who_claim_at_once_one_holds_it_and_all_others_are_answered_who(ward: ApiWard) -> None:
    number = ward.open_alert()
    ward.execute(
        "INSERT INTO user_account (login, name, role, office_id, language, password_hash, created_at)"
        " SELECT 'colleague_' || one, 'colleague ' || one, 'care', 1, 'ja', '', now() FROM generate_series(1, 50) AS one"
    )
    clients = [ward.client(f"colleague_{one}") for one in range(1, 51)]
    begin = threading.Barrier(len(clients))

    def claim(client: Any) -> Any:
        begin.wait(30)
        return client.post(f"/api/v1/alerts/{number}/claim", json={"version": 1})

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(claim, clients))

    (won,) = [one for one in answers if one.status_code == 200]
    holder = won.json()["claimed_by"]
    assert holder.startswith("colleague ")
    others = [one for one in answers if one is not won]
    assert [one.status_code for one in others] == [409] * 49
    assert all(one.json()["alert"]["claimed_by"] == holder for one in others)
    assert all(holder in one.json()["detail"] for one in others)
    rows = ward.execute("SELECT count(*) FROM alert_event WHERE alert_id = %s AND kind = 'claimed'", number)
    assert rows == [(1,)]


def test_an_alert_is_claimed_noted_and_closed_and_shows_what_happened(ward: ApiWard) -> None:
    number = ward.open_alert(reason={"rule_version": 1, "usual": {"days": 28}})
    client, address = ward.client("care_a"), f"/api/v1/alerts/{number}"

    claimed = client.post(f"{address}/claim", json={"version": 1}).json()
    noted = client.post(f"{address}/notes", json={"note": "お隣に電話しました"}).json()
    refused = client.post(
        f"{address}/close", json={"version": claimed["version"], "outcome": "safe_contacted"}
    )
    assert refused.status_code == 409
    without_words = client.post(f"{address}/close", json={"version": noted["version"], "outcome": "other"})
    assert without_words.status_code == 422
    closed = client.post(
        f"{address}/close",
        json={"version": noted["version"], "outcome": "safe_contacted", "note": "寝坊でした"},
    ).json()

    assert closed["handling"] == "closed"
    assert closed["reason"]["usual"] == {"days": 28}
    assert [one["kind"] for one in closed["events"]] == ["opened", "claimed", "noted", "closed"]
    assert {one["who"] for one in closed["events"][1:]} == {"支援 甲"}
    assert client.get("/api/v1/alerts").json() == []
    assert [one["number"] for one in client.get("/api/v1/alerts/history").json()["items"]] == [number]


def test_a_released_alert_is_anybodys_again(ward: ApiWard) -> None:
    number = ward.open_alert()
    family, care, address = ward.client("family_a"), ward.client("care_a"), f"/api/v1/alerts/{number}"

    version = family.post(f"{address}/claim", json={"version": 1}).json()["version"]
    released = family.post(f"{address}/release", json={"version": version}).json()
    taken = care.post(f"{address}/claim", json={"version": released["version"]})

    assert released["handling"] == "open"
    assert taken.status_code == 200


def test_the_history_comes_page_by_page_newest_first(ward: ApiWard) -> None:
    numbers = [ward.open_alert(rule=f"rule_{index}") for index in range(5)]
    client = ward.client("family_a")

    first = client.get("/api/v1/alerts/history", params={"limit": 3}).json()
    second = client.get("/api/v1/alerts/history", params={"limit": 3, "cursor": first["next_cursor"]}).json()

    assert [one["number"] for one in first["items"] + second["items"]] == numbers[::-1]
    assert second["next_cursor"] is None


def test_an_unexpected_error_shows_a_reference_and_nothing_else(
    ward: ApiWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_names: object) -> None:
        raise ZeroDivisionError("田中 花子 is at 35.65, 139.79")

    monkeypatch.setattr(alerts, "open_alerts", broken)
    client = ward.client("care_a", raises=False)
    with capture_logs() as logged:
        answer = client.get("/api/v1/alerts")

    assert answer.status_code == 500
    assert answer.json()["reference"] in answer.json()["detail"]
    assert [one["reference"] for one in logged if one["event"] == "request_failed"] == [
        answer.json()["reference"]
    ]
    assert "田中" not in answer.text
    assert "Traceback" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_without_the_database_the_service_says_so_and_stays_alive(ward: ApiWard) -> None:
    client = ward.client("care_a")
    ward.app.state.database.close()

    answer = client.get("/api/v1/residents")
    ready = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["type"] == "urn:mimamori:problem:store_unavailable"
    assert (ready.status_code, ready.json()["database"]) == (503, False)
    assert client.get("/healthz").json() == {"status": "alive"}


def test_the_service_is_not_ready_while_every_device_is_silent(ward: ApiWard) -> None:
    client, began = ward.client(), ward.clock.now()

    def ready_after(minutes: float) -> tuple[int, bool, str]:
        ward.clock.advance(seconds=(began + timedelta(minutes=minutes) - ward.clock.now()).total_seconds())
        now = ward.clock.now()
        ward.execute(
            "INSERT INTO ingest_progress (worker, watermark, reported_at) VALUES ('ingest', %s, %s)"
            " ON CONFLICT (worker) DO UPDATE SET watermark = excluded.watermark,"
            " reported_at = excluded.reported_at",
            now,
            now,
        )
        ward.execute(
            "INSERT INTO evaluation (evaluated_through, due_at) VALUES (%s, %s)"
            " ON CONFLICT (resident_id) DO UPDATE SET evaluated_through = excluded.evaluated_through",
            now,
            now,
        )
        answer = client.get("/readyz")
        return answer.status_code, answer.json()["devices"], answer.json()["next"]

    # The heartbeat of both offices' sensors is ten minutes, and they were registered just now.
    assert ready_after(21) == (200, True, "")
    status, devices, what = ready_after(21.1)
    assert (status, devices) == (503, False)
    assert what.startswith("no device is in contact")


def test_the_service_is_ready_only_while_ingest_reports_and_somebody_evaluates(ward: ApiWard) -> None:
    client, now = ward.client(), ward.clock.now()
    blind = client.get("/readyz")
    ward.execute(
        "INSERT INTO ingest_progress (worker, watermark, reported_at) VALUES ('ingest', %s, %s)",
        now - timedelta(seconds=2),
        now,
    )
    unjudged = client.get("/readyz")
    ward.execute(
        "INSERT INTO evaluation (evaluated_through, due_at) VALUES (%s, %s)",
        now - timedelta(seconds=3),
        now,
    )
    seeing = client.get("/readyz")
    # One resident waits, though the ward goes on; another is due only later.
    ward.execute(
        "INSERT INTO evaluation (resident_id, evaluated_through, due_at) VALUES (1, %s, %s), (2, %s, %s)",
        *[now - timedelta(seconds=20)] * 3,
        now + timedelta(hours=1),
    )
    overdue = client.get("/readyz")
    ward.execute("UPDATE evaluation SET evaluated_through = %s", now - timedelta(seconds=31))
    unjudged_again = client.get("/readyz")
    ward.clock.advance(minutes=1)
    blind_again = client.get("/readyz")

    assert (blind.status_code, blind.json()["status"]) == (503, "blind")
    assert (unjudged.status_code, unjudged.json()["ingest"], unjudged.json()["detectors"]) == (
        503,
        True,
        False,
    )
    assert (seeing.status_code, seeing.json()["ingest_behind_s"]) == (200, 2.0)
    assert seeing.json()["judging_behind_s"] == 3.0
    assert (overdue.status_code, overdue.json()["judging_behind_s"]) == (200, 20.0)
    assert unjudged_again.json()["next"] == "start the detectors, or read their log"
    assert (blind_again.status_code, blind_again.json()["ingest"]) == (503, False)


def test_administrators_see_what_could_not_be_stored_but_not_its_bytes(ward: ApiWard) -> None:
    ward.execute(
        "INSERT INTO quarantine (received_at, topic, payload, reason, detail) VALUES (%s, 'gw/g1/x', %s, 'not_json', 'no JSON')",
        ward.clock.now(),
        b"\x00\xffsecret",
    )

    page = ward.client("admin").get("/api/v1/quarantine").json()

    assert [(one["topic"], one["size_bytes"], one["reason"]) for one in page["items"]] == [
        ("gw/g1/x", 8, "not_json")
    ]
    assert "secret" not in str(page)


def test_the_office_of_a_home_alert_is_who_sees_it(ward: ApiWard) -> None:
    number = ward.open_alert(None, rule="home_silent", subject=Subject.of_home(1), office=OFFICE_A)

    found = ward.client("care_a").get(f"/api/v1/alerts/{number}").json()

    assert (found["resident"], found["subject"]) == (None, "home:1")


def test_the_spans_in_which_a_home_was_out_of_contact_are_returned(ward: ApiWard) -> None:
    now = ward.clock.now()
    for kind, home, began, ended in (
        ("home", 1, 60, 50),
        ("ward", None, 30, None),
        ("home", 2, 60, 50),
        ("home", 1, 60 * 48, 60 * 47),
    ):
        ward.execute(
            "INSERT INTO blind_time (subject_kind, home_id, began_at, ended_at, cause)"
            " VALUES (%s, %s, %s, %s, 'messages_missing')",
            kind,
            home,
            now - began * MINUTE,
            None if ended is None else now - ended * MINUTE,
        )

    found = ward.client("family_a").get(f"{A}/blind-times").json()

    assert [(one["ended_at"] is None, one["cause"]) for one in found] == [
        (False, "messages_missing"),
        (True, "messages_missing"),
    ]
