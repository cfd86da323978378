"""A profile is tried on what a device has in quarantine, by page and by JSON: asked for in the api, answered by ingest, and nothing changes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.clock import SystemClock
from core.domain.device_proposal import Proposed
from core.domain.evidence.profile_trial import (
    EXPIRES_AFTER,
    FORGOTTEN_AFTER,
    MOST_ATTEMPTS,
    MOST_OPEN,
    TrialTarget,
)
from core.domain.metrics import INPUT_ON
from core.formats.profile_file import parse_profile
from core.store.database import Database
from core.store.devices import profile_trials, profiles, proposals, registry
from core.store.telemetry import quarantine
from core.store.telemetry.quarantine import Refused
from deploy.local.mosquitto import Broker
from ingest.commands import trial_worker, try_profile
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until
from tests.support.wards.api_ward import ApiWard, api_ward

_PROFILE = 'name = "my-button"\n[fields]\nAlarm = { metric = "sos", raised = ["code7"], over = ["quiet"] }\n'
_ASKED = "/api/v1/devices/hall-a/profile-trials"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        made.execute("UPDATE device SET sender = 'zigbee2mqtt:g1/hall' WHERE device_id = 'hall-a'")
        # The process of ingest has the machine's time.
        made.machine.advance(seconds=(datetime.now(UTC) - made.machine.now()).total_seconds())
        assert made.client("admin").post("/api/v1/profiles", json={"toml": _PROFILE}).status_code == 201
        yield made


def ask(client: TestClient, **on: str) -> int:
    """Ask by JSON, of a device unless something else is named, and return the number."""
    answer = client.post("/api/v1/profile-trials" if on else _ASKED, json={"profile": "my-button", **on})
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "waiting"
    return int(answer.json()["number"])


def waits(ward: ApiWard, *said: str, name: str = "hall") -> None:
    """Put messages in quarantine."""
    refused = [
        Refused(
            ward.clock.now(),
            f"gw/g1/zigbee2mqtt/{name}",
            json.dumps({"Alarm": word, "owner": "田中 花子"}).encode(),
            retained=False,
            reason="unclear_call",
            detail=word,
        )
        for word in said
    ]
    with ward.database.transaction() as connection:
        quarantine.keep(connection, refused)


def work_off(database_url: str) -> int:
    """Answer what waits, as the worker's process does."""
    with Database(database_url, size=1) as database:
        queue = database.dedicated_connection()
        try:
            return trial_worker.work_off(database, queue, SystemClock(), SystemClock(), lambda: False)
        finally:
            queue.close()


def asked_before(ward: ApiWard, span: timedelta) -> int:
    """Ask as if it was so long ago."""
    with ward.database.transaction() as connection:
        profile = profiles.get(connection, "my-button").number
        device = registry.device_in_use(connection, "hall-a").number
        at = ward.machine.now() - span
        return profile_trials.add(connection, profile, TrialTarget(device), user=1, now=at)


def test_ingest_answers_what_the_profile_would_read_of_real_messages_and_nothing_changes(
    ward: ApiWard, database_url: str, broker: Broker, processes: Processes
) -> None:
    processes.start("ingest", service_settings(database_url, broker))
    with Publisher(broker) as bridge:
        for word in ("code7", "code7", "quiet", "odd"):
            bridge.publish("gw/g1/zigbee2mqtt/hall", json.dumps({"Alarm": word, "mood": "secret"}).encode())
        bridge.publish("gw/g1/zigbee2mqtt/other", json.dumps({"Alarm": "code7"}).encode())
        bridge.flush()
    wait_until(lambda: ward.execute("SELECT count(*) FROM quarantine")[0][0] == 5, what="the quarantine")
    client = ward.client("admin")
    form = {"profile": "my-button", "device": "hall-a"}
    asked = client.post("/profiles/trials", data=form, follow_redirects=False)
    assert asked.status_code == 303
    number = asked.headers["location"].rpartition("/")[2]
    answer = f"/api/v1/profile-trials/{number}"
    wait_until(lambda: client.get(answer).json()["state"] == "done", what="the answer")
    result = client.get(answer).json()["result"]
    assert (result["looked_at"], result["is_whole"], result["messages"], result["read_messages"]) == (
        5,
        True,
        4,
        3,
    )
    found = {(one["metric"], one["value"], one["is_call"], one["count"]) for one in result["read"]}
    assert found == {("sos", "true", True, 2), ("sos", "false", False, 1)}
    assert result["refused"] == [{"reason": "unclear_call", "count": 1}]
    page = client.get(asked.headers["location"]).text
    assert "保留中の知らせ4件のうち、3件で新しく読み取れるものがあります" in page
    assert "通報になります" in page
    assert "secret" not in page + json.dumps(result)
    assert ward.execute("SELECT count(*) FROM quarantine WHERE released_at IS NOT NULL")[0][0] == 0
    assert ward.execute("SELECT profile_id FROM device WHERE device_id = 'hall-a'")[0][0] is None


def test_while_no_ingest_process_works_it_off_the_page_says_so_until_it_expires(
    ward: ApiWard, database_url: str
) -> None:
    client = ward.client("admin")
    number = asked_before(ward, timedelta(seconds=11))
    page = client.get(f"/profiles/trials/{number}").text
    assert "まだ受信の処理が始めていません" in page
    assert "hx-get" in page
    number = asked_before(ward, EXPIRES_AFTER)
    page = client.get(f"/profiles/trials/{number}").text
    assert "期限が切れました" in page
    assert "hx-get" not in page
    assert work_off(database_url) == 1, "only the one that can still be answered"
    assert client.get(f"/api/v1/profile-trials/{number}").json()["state"] == "expired"


def test_an_answer_is_forgotten_after_a_day(ward: ApiWard) -> None:
    number = asked_before(ward, FORGOTTEN_AFTER)
    assert ward.client("admin").get(f"/api/v1/profile-trials/{number}").status_code == 404
    ask(ward.client("admin"))
    assert ward.execute("SELECT count(*) FROM profile_trial")[0][0] == 1


def test_only_some_may_wait(ward: ApiWard) -> None:
    client = ward.client("admin")
    for _ in range(MOST_OPEN):
        ask(client)
    assert client.post(_ASKED, json={"profile": "my-button"}).status_code == 409


def test_only_the_newest_messages_are_looked_at_and_the_answer_says_so(
    ward: ApiWard, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(try_profile, "MOST_MESSAGES", 2)
    waits(ward, "code7", "quiet", "quiet")
    client = ward.client("admin")
    number = ask(client)
    assert work_off(database_url) == 1
    result = client.get(f"/api/v1/profile-trials/{number}").json()["result"]
    assert (result["looked_at"], result["is_whole"], result["messages"]) == (2, False, 2)
    assert [(one["value"], one["count"]) for one in result["read"]] == [("false", 2)]
    assert "新しいほうから2件だけ" in client.get(f"/profiles/trials/{number}").text


def test_what_takes_too_long_ends_with_what_was_found_so_far(
    ward: ApiWard, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_worker, "LONGEST_S", 0.0)
    waits(ward, "code7")
    number = ask(ward.client("admin"))
    assert work_off(database_url) == 1
    result = ward.client("admin").get(f"/api/v1/profile-trials/{number}").json()["result"]
    assert (result["looked_at"], result["is_whole"]) == (0, False)


def test_the_meaning_of_the_device_in_its_home_counts(ward: ApiWard, database_url: str) -> None:
    toml = 'name = "plain"\n[fields]\nAlarm = { metric = "button" }\n'
    with ward.database.transaction() as connection:
        profiles.add(connection, parse_profile(toml, "plain"), ward.clock.now())
    ward.execute("UPDATE device SET meaning = 'call' WHERE device_id = 'hall-a'")
    waits(ward, "single")
    client = ward.client("admin")
    number = client.post(_ASKED, json={"profile": "plain"}).json()["number"]
    assert work_off(database_url) == 1
    (one,) = client.get(f"/api/v1/profile-trials/{number}").json()["result"]["read"]
    assert (one["metric"], one["value"], one["is_call"]) == ("sos", "true", True)


def test_a_request_that_ended_its_worker_again_and_again_is_given_up(
    ward: ApiWard, database_url: str
) -> None:
    number = ask(ward.client("admin"))
    ward.execute("UPDATE profile_trial SET state = 'running', attempts = %s", MOST_ATTEMPTS)
    assert work_off(database_url) == 1
    page = ward.client("admin").get(f"/profiles/trials/{number}").text
    assert "試せませんでした" in page


def describe(ward: ApiWard, *named: str, model: str = "Maker B1") -> None:
    """Let a bridge describe devices that nobody registered."""
    said = [Proposed(f"zigbee2mqtt:g1/{name}", name, model, frozenset()) for name in named]
    with ward.database.transaction() as connection:
        proposals.keep(connection, said, ward.clock.now())


def answer_of(ward: ApiWard, database_url: str, number: int) -> dict[str, Any]:
    """Answer what waits, and return what was found."""
    assert work_off(database_url) == 1
    answer = ward.client("admin").get(f"/api/v1/profile-trials/{number}").json()
    assert answer["state"] == "done"
    return answer


def test_a_profile_is_tried_on_a_sender_that_nobody_registered(ward: ApiWard, database_url: str) -> None:
    waits(ward, "code7", "quiet", name="Attic")
    waits(ward, "code7")
    # Bridges and people write one name in more than one way.
    answer = answer_of(ward, database_url, ask(ward.client("admin"), sender="zigbee2mqtt:g1/attic"))
    assert (answer["device_id"], answer["sender"], answer["model"]) == (None, "zigbee2mqtt:g1/attic", None)
    result = answer["result"]
    assert (result["messages"], result["read_messages"], result["device_count"]) == (2, 2, 1)
    assert [(one["metric"], one["value"], one["is_call"]) for one in result["read"]] == [
        ("sos", "true", True),
        ("sos", "false", False),
    ]
    page = ward.client("admin").get(f"/profiles/trials/{answer['number']}").text
    assert "登録していない送り手 zigbee2mqtt:g1/attic" in page


def test_the_sender_of_a_registered_device_is_that_device_with_its_meaning(
    ward: ApiWard, database_url: str
) -> None:
    ward.execute("UPDATE device SET meaning = 'call' WHERE device_id = 'hall-a'")
    with ward.database.transaction() as connection:
        toml = 'name = "plain"\n[fields]\nAlarm = { metric = "button" }\n'
        profiles.add(connection, parse_profile(toml, "plain"), ward.clock.now())
    waits(ward, "single")
    asked = {"profile": "plain", "sender": "zigbee2mqtt:g1/hall"}
    number = ward.client("admin").post("/api/v1/profile-trials", json=asked).json()["number"]
    answer = answer_of(ward, database_url, number)
    assert (answer["device_id"], answer["sender"]) == ("hall-a", None)
    assert [(one["metric"], one["is_call"]) for one in answer["result"]["read"]] == [("sos", True)]


def test_a_profile_is_tried_on_all_devices_of_a_model_registered_or_not(
    ward: ApiWard, database_url: str
) -> None:
    ward.execute("UPDATE device SET model = 'Maker B-1' WHERE device_id = 'hall-a'")
    describe(ward, "attic", "cellar")
    describe(ward, "shed", model="Maker B2")
    waits(ward, "code7", "code7")
    waits(ward, "quiet", name="attic")
    waits(ward, "code7", name="shed")
    answer = answer_of(ward, database_url, ask(ward.client("admin"), model="maker b1"))
    result = answer["result"]
    assert (answer["model"], result["device_count"], result["messages"]) == ("maker b1", 3, 3)
    assert [(one["sender"], one["device_id"], one["messages"]) for one in result["devices"]] == [
        ("zigbee2mqtt:g1/hall", "hall-a", 2),
        ("zigbee2mqtt:g1/attic", None, 1),
        ("zigbee2mqtt:g1/cellar", None, 0),
    ]
    page = ward.client("admin").get(f"/profiles/trials/{answer['number']}").text
    assert "機種 maker b1" in page
    assert "この機種の機器3台で試しました" in page
    assert "まだ登録していません" in page


def test_all_names_that_a_profile_has_for_its_model_are_one(ward: ApiWard, database_url: str) -> None:
    toml = f'vendor = "Maker"\nmodel = "B1"\nmodels = ["Rebrand X"]\n{_PROFILE}'.replace("my-button", "named")
    with ward.database.transaction() as connection:
        profiles.add(connection, parse_profile(toml, "named"), ward.clock.now())
    describe(ward, "attic", model="Rebrand X")
    describe(ward, "shed", model="B1")
    client = ward.client("admin")
    for model, count in (("Maker B1", 2), ("Rebrand X", 2)):
        number = client.post("/api/v1/profile-trials", json={"profile": "named", "model": model}).json()[
            "number"
        ]
        assert answer_of(ward, database_url, number)["result"]["device_count"] == count


def test_stored_readings_of_a_model_are_tried_for_each_part_by_its_number(
    ward: ApiWard, database_url: str
) -> None:
    toml = 'name = "mat"\n[readings]\n"input_on#2" = "bed"\n'
    with ward.database.transaction() as connection:
        profiles.add(connection, parse_profile(toml, "mat"), ward.clock.now())
        for device, channel in (("hall-a", "2"), ("hall-a", "1")):
            connection.execute(
                "INSERT INTO reading (time, received_at, value, seq, device_number, metric, channel)"
                " SELECT %(at)s, %(at)s, 1, %(seq)s, device_number, %(metric)s, %(channel)s FROM device"
                " WHERE device_id = %(device)s",
                {
                    "at": datetime.now(UTC) - timedelta(days=1),
                    "seq": int(channel),
                    "metric": INPUT_ON.number,
                    "channel": channel,
                    "device": device,
                },
            )
    ward.execute("UPDATE device SET model = 'Mat M1' WHERE device_id = 'hall-a'")
    number = (
        ward.client("admin").post("/api/v1/profile-trials", json={"profile": "mat", "model": "Mat M1"}).json()
    )["number"]
    (one,) = answer_of(ward, database_url, number)["result"]["stored"]
    assert (one["was"], one["metric"], one["value"]) == ("input_on#2 true", "bed_occupied#2", "true")


def test_a_part_that_is_registered_by_itself_is_tried_on_its_own_channel(
    ward: ApiWard, database_url: str
) -> None:
    ward.execute("UPDATE device SET sender = 'zigbee2mqtt:g1/board#l2' WHERE device_id = 'hall-a'")
    toml = 'name = "cord"\n[readings]\nswitch_on = "call"\n'
    with ward.database.transaction() as connection:
        profiles.add(connection, parse_profile(toml, "cord"), ward.clock.now())
        said = json.dumps({"state_l1": "ON", "state_l2": "ON", "state_l3": "OFF"}).encode()
        topic = "gw/g1/zigbee2mqtt/board"
        message = Refused(ward.clock.now(), topic, said, retained=False, reason="unknown_device", detail="")
        quarantine.keep(connection, [message])
    number = ward.client("admin").post(_ASKED, json={"profile": "cord"}).json()["number"]
    result = answer_of(ward, database_url, number)["result"]
    assert (result["messages"], result["read_messages"]) == (1, 1)
    assert [(one["metric"], one["value"], one["count"]) for one in result["read"]] == [("sos", "true", 1)]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({}, "一つだけを入れてください"),
        ({"device": "hall-a", "model": "Maker B1"}, "一つだけを入れてください"),
        ({"device": "nothing-1"}, "このIDの機器は、使われていません"),
        ({"sender": "zigbee:attic"}, "このような送り手から知らせが届くことはありません"),
        ({"model": "Maker B9"}, "この機種の機器は、登録にも候補にもありません"),
    ],
)
def test_what_cannot_be_tried_is_said_at_its_field_and_nothing_typed_is_lost(
    ward: ApiWard, form: dict[str, str], problem: str
) -> None:
    answer = ward.client("admin").post("/profiles/trials", data={"profile": "my-button", **form})
    assert answer.status_code == 422
    assert problem in answer.text
    for typed in form.values():
        assert f'value="{typed}"' in answer.text
    asked = {
        "profile": "my-button",
        **{"device_id" if name == "device" else name: typed for name, typed in form.items()},
    }
    assert ward.client("admin").post("/api/v1/profile-trials", json=asked).status_code in {404, 422}
    assert ward.execute("SELECT count(*) FROM profile_trial")[0][0] == 0


def test_the_pages_offer_what_can_be_tried(ward: ApiWard) -> None:
    describe(ward, "attic")
    ward.execute("UPDATE device SET model = 'Hall H1' WHERE device_id = 'hall-a'")
    client = ward.client("admin")
    page = client.get("/profiles").text
    for offered in ("zigbee2mqtt:g1/attic", "Maker B1", "Hall H1"):
        assert f'<option value="{offered}">' in page
    assert "Hall H1のすべての機器で試す" in client.get("/devices/hall-a").text
    (number,) = ward.execute("SELECT proposal_id FROM device_proposal")[0]
    page = client.get(f"/proposals/{number}").text
    assert '<button name="sender" value="zigbee2mqtt:g1/attic">' in page
    assert "Maker B1のすべての機器で試す" in page
