"""The command line against a real database and a real broker."""

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.credentials.passwords import is_right
from core.monitoring.figures import FIGURES
from core.store.database import Database
from core.store.people import users, watch_changes
from core.store.people.signing_in import second_factors
from core.store.people.watch_changes import Concerned
from deploy.local.mosquitto import Broker
from deploy.local.ports import free_port
from tests.support.command_line import CommandLine
from tests.support.monitoring import answer as answer_at
from tests.support.monitoring import figures
from tests.support.services.processes import Processes, service_settings
from tests.support.wait import wait_until
from tests.support.wards.ward_files import register_small_ward, small_ward, write_ward


@pytest.fixture(autouse=True)
def settings(mimamori: CommandLine, database_url: str) -> None:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> None:
    register_small_ward(database_url, tmp_path)


def test_migrate_says_what_it_did(mimamori: CommandLine) -> None:
    again = mimamori("migrate")
    assert (again.code, again.out) == (0, "the database is up to date\n")


def test_register_says_what_came_and_hands_passwords_over_once(
    mimamori: CommandLine, tmp_path: Path, database_url: str
) -> None:
    write_ward(tmp_path, small_ward())
    first = mimamori("register", "ward.json", "--passwords", "passwords.txt")
    assert first.code == 0, first.err
    assert "1 homes, 1 residents" in first.out
    passwords = tmp_path / "passwords.txt"
    assert passwords.stat().st_mode & 0o777 == 0o600
    answer = dict(line.split("\t") for line in passwords.read_text(encoding="utf-8").splitlines())
    with Database(database_url) as database, database.transaction() as connection:
        found = users.find(connection, "care")
    assert found is not None
    assert is_right(answer["care"], found.password_hash)
    second = mimamori("register", "ward.json")
    assert (second.code, second.out) == (0, "Registered: nothing new\n")


def test_a_mistake_in_a_ward_file_is_one_line_with_its_place(mimamori: CommandLine, tmp_path: Path) -> None:
    body = small_ward()
    body["homes"][0]["devices"][0]["kind"] = "lamp"
    write_ward(tmp_path, body)
    answer = mimamori("register", "ward.json")
    assert answer.code == 65
    assert "ward.json: homes[0].devices[0].kind: Invalid enum value 'lamp'" in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.usefixtures("ward")
def test_a_user_comes_changes_the_password_and_goes(mimamori: CommandLine, database_url: str) -> None:
    added = mimamori(
        "user", "add", "sato", "--name", "佐藤", "--role", "care", "--office", "中央地域包括支援センター",
        "--password-stdin", stdin="a long password\n",
    )  # fmt: skip
    assert added.code == 0, added.err
    assert "a long password" not in added.out
    twice = mimamori("user", "add", "SATO", "--name", "佐藤", "--role", "admin")
    assert (twice.code, twice.err) == (1, "the login SATO is taken; choose another\n")
    made = mimamori("user", "password", "sato").out.rsplit(" ", 1)[-1].strip()
    mimamori("user", "disable", "sato")
    with Database(database_url) as database, database.transaction() as connection:
        found = users.find(connection, "sato")
    assert found is not None
    assert is_right(made, found.password_hash)
    assert not found.user.is_active
    assert "sato" in mimamori("user", "list").out


@pytest.mark.usefixtures("ward")
def test_who_lost_phone_and_recovery_codes_signs_in_with_the_password_alone(
    mimamori: CommandLine, database_url: str
) -> None:
    mimamori("user", "add", "chief", "--name", "佐藤", "--role", "admin")
    now = SystemClock().now()
    with Database(database_url) as database:
        with database.transaction() as connection:
            user = users.by_login(connection, "chief").number
            second_factors.begin(connection, user, b"sealed", now)
            second_factors.confirm(connection, user, [b"code"], now)
            users.start_session(connection, b"session", user, now, now + timedelta(hours=1), proved_at=now)
        answer = mimamori("user", "second-factor-off", "chief")
        assert (answer.code, "password alone" in answer.out) == (0, True), answer.err
        with database.transaction() as connection:
            assert not second_factors.is_on(connection, user)
            assert second_factors.recovery_codes_left(connection, user) == 0
            assert users.session(connection, b"session") is None
            (change,) = watch_changes.of(connection, Concerned(account=user), 5)
    assert (change.who, change.before, change.after) == (
        "",
        {"second_factor": True},
        {"second_factor": False},
    )
    again = mimamori("user", "second-factor-off", "chief")
    assert (again.code, again.err) == (65, "chief has no second factor\n")


@pytest.mark.usefixtures("ward")
def test_a_contact_gets_a_second_channel_that_is_used_once_it_is_confirmed(mimamori: CommandLine) -> None:
    added = mimamori("channel", "add", "2", "sms", "090-1234-5678")
    assert added.code == 0, added.err
    assert "sms +819012345678, tried as number 2" in added.out
    assert "not used before" in added.out
    number = added.out.split()[1].rstrip(":")
    assert "not used: confirm it first" in " ".join(mimamori("channel", "list", "2").out.split())
    assert "is confirmed on" in mimamori("channel", "confirm", number).out
    assert "in use" in mimamori("channel", "list", "2").out
    assert mimamori("channel", "first", number).out == f"channel {number} is tried first\n"
    assert mimamori("channel", "remove", number).code == 0
    wrong = mimamori("channel", "add", "2", "sms", "03-1234-5678")
    assert (wrong.code, wrong.err) == (
        65,
        "short messages arrive at mobile numbers only: 060, 070, 080 or 090\n",
    )


@pytest.mark.usefixtures("ward")
def test_a_phone_is_linked_by_a_code_with_a_picture_to_scan(mimamori: CommandLine) -> None:
    plain = mimamori("channel", "line-code", "2")
    assert plain.code == 0, plain.err
    assert "set MIMAMORI_LINE_ID" in plain.out
    mimamori.settings["MIMAMORI_LINE_ID"] = "@mimamori"
    shown = mimamori("channel", "line-code", "2").out
    code = shown.split()[1].rstrip(",")
    assert f"https://line.me/R/oaMessage/%40mimamori/?{code}" in shown
    assert "█" in shown or "▀" in shown
    assert mimamori("channel", "line-code", "999").code == 1


@pytest.mark.usefixtures("ward")
def test_addresses_that_open_something_are_encrypted_and_keys_change(mimamori: CommandLine) -> None:
    keyless = mimamori("channel", "add", "1", "slack", "https://hooks.slack.com/services/T0/B0/secret")
    assert "mimamori secret new-key" in keyless.err
    key = mimamori("secret", "new-key").out.strip()
    mimamori.settings["MIMAMORI_SECRET_KEYS"] = key
    added = mimamori("channel", "add", "1", "slack", "https://hooks.slack.com/services/T0/B0/secret")
    assert "slack https://hooks.slack.com, tried" in added.out
    newer = mimamori("secret", "new-key").out.strip()
    assert (key[:2], newer[:2]) == ("1:", "2:")
    mimamori.settings["MIMAMORI_SECRET_KEYS"] = f"{newer},{key}"
    assert mimamori("secret", "rotate").out == "1 addresses encrypted anew\n"
    mimamori.settings["MIMAMORI_SECRET_KEYS"] = newer
    assert mimamori("secret", "rotate").out == "all addresses are encrypted with the first key\n"


@pytest.mark.usefixtures("ward")
def test_somebody_is_notified_no_more_and_the_last_one_is_missed(mimamori: CommandLine) -> None:
    kept_out = mimamori("user", "disable", "taro").out
    assert "to stop that: mimamori contact disable" in kept_out
    number = kept_out.strip().rsplit(" ", 1)[-1]
    answer = mimamori("contact", "disable", number)
    assert answer.code == 0, answer.err
    assert f"contact {number} is notified no more" in answer.out
    # Whoever is disabled stays on the list.
    assert "taro@" in mimamori("contact", "list").out
    others = {str(one) for one in range(1, 20)} - {number}
    last = [mimamori("contact", "disable", one).out for one in sorted(others)]
    assert any("NOBODY ELSE" in out for out in last)
    assert mimamori("contact", "enable", number).out == f"contact {number} is notified again\n"
    missing = mimamori("contact", "disable", "999")
    assert (missing.code, missing.err) == (
        1,
        "there is no contact 999; `mimamori contact list` shows them all\n",
    )


def test_errors_of_people_commands_say_what_is_missing(mimamori: CommandLine) -> None:
    for words, answer in (
        (("user", "disable", "nobody"), "there is no user nobody; `mimamori user list` shows them all"),
        (("user", "add", "x", "--name", "X", "--role", "care", "--office", "Nowhere"), "no office Nowhere"),
        (("user", "add", "x", "--name", "X", "--role", "family", "--resident", "99"), "no resident 99"),
        (("device", "move", "d9", "--home", "A"), "there is no home A"),
        (("device", "retire", "d9"), "there is no device d9 in use"),
    ):
        result = mimamori(*words)
        assert result.code == 1
        assert answer in result.err
    short = mimamori(
        "user", "add", "x", "--name", "X", "--role", "admin", "--password-stdin", stdin="short\n"
    )
    assert short.code == 65
    assert "10 to 256 characters" in short.err
    digits = mimamori("user", "password", "x", "--password-stdin", stdin="7301946528-73\n")
    assert (digits.code, "digits and signs alone" in digits.err) == (65, True)


def _line(listed: str, device_id: str) -> str:
    """Return what the list says of a device."""
    return next(line for line in listed.splitlines() if line.split()[:1] == [device_id])


@pytest.mark.usefixtures("ward")
def test_a_device_is_added_with_its_topic_and_password(mimamori: CommandLine) -> None:
    added = mimamori(
        "device", "add", "kitchen-1", "--kind", "motion", "--place", "kitchen", "--home", "3丁目 A-101"
    )
    assert added.code == 0, added.err
    assert "It publishes under: mimamori/v1/kitchen-1/+" in added.out
    assert "user and client id: kitchen-1\npassword, shown only now: " in added.out
    listed = mimamori("device", "list").out
    assert "yes" in _line(listed, "kitchen-1")
    assert "never" in _line(listed, "kitchen-1")
    assert mimamori("device", "retire", "kitchen-1").code == 0
    assert "kitchen-1" not in mimamori("device", "list").out


@pytest.mark.usefixtures("ward")
def test_a_gateways_password_is_made_once_for_all_its_devices(mimamori: CommandLine) -> None:
    def add(name: str) -> str:
        sender = f"zigbee2mqtt:g1/{name}"
        words = ("--kind", "motion", "--sender", sender, "--home", "3丁目 A-101")
        return mimamori("device", "add", name, *words).out

    assert "user and client id: g1\npassword" in add("hall-8")
    second = add("hall-9")
    assert "g1: yes" in _line(mimamori("device", "list").out, "hall-9")
    assert "It publishes with the credential of g1, under: gw/g1/#" in second
    assert "password" not in second


@pytest.mark.usefixtures("ward")
def test_nothing_is_cut_off_in_a_narrow_terminal(mimamori: CommandLine) -> None:
    login = "a-login-as-long-as-an-address@example.jp"
    added = mimamori("user", "add", login, "--role", "admin", "--name", "管理者")
    assert added.code == 0, added.err
    mimamori.settings |= {"COLUMNS": "60"}
    listed = mimamori("user", "list").out
    assert "…" not in listed
    assert login in "".join(
        line.split("│")[1].strip() for line in listed.splitlines() if line.startswith("│")
    )


@pytest.mark.usefixtures("ward")
def test_a_sender_of_which_no_message_can_come_is_refused_with_what_is_missing(mimamori: CommandLine) -> None:
    def add(sender: str) -> str:
        words = ("--kind", "door", "--sender", sender, "--home", "3丁目 A-101")
        answer = mimamori("device", "add", "door-9", *words)
        assert answer.code == 65, answer.out
        return answer.err

    assert (
        "'zigbee' is no format of messages (did you mean zigbee2mqtt?); write it as FORMAT:NAME, with one of native, "
        in add("zigbee:g1/x")
    )
    assert "zigbee2mqtt:GATEWAY/NAME (docs/senders.md)" in add("zigbee2mqtt:front")
    assert "owntracks:USER/DEVICE (docs/senders.md)" in add("owntracks:hanako")
    assert "is no format of messages" in add("front")
    assert "door-9" not in mimamori("device", "list").out
    mimamori("device", "add", "door-9", "--kind", "door", "--home", "3丁目 A-101")
    replaced = mimamori("device", "replace", "door-9", "door-10", "--sender", "zigbee:g1/x")
    assert "is no format of messages" in replaced.err
    assert "door-9" in mimamori("device", "list").out


@pytest.mark.usefixtures("ward")
def test_a_credential_is_rotated_and_revoked(mimamori: CommandLine) -> None:
    mimamori("device", "add", "kitchen-1", "--kind", "motion", "--home", "3丁目 A-101")
    assert "password, shown only now" in mimamori("device", "rotate", "kitchen-1").out
    assert "kitchen-1 may not sign in any more" in mimamori("device", "revoke", "kitchen-1").out
    assert "revoked" in _line(mimamori("device", "list").out, "kitchen-1")
    assert mimamori("device", "revoke", "kitchen-9").err.startswith("there is no device kitchen-9 in use")


@pytest.mark.usefixtures("ward")
def test_a_device_is_moved_stored_shared_and_replaced(mimamori: CommandLine) -> None:
    mimamori("device", "add", "t-1", "--kind", "tracker", "--resident", "1")
    assert mimamori("device", "share", "t-1").out == "t-1 is everybody's in its home from now on\n"
    assert "everybody's in its home already" in mimamori("device", "share", "t-1").err
    assert mimamori("device", "move", "t-1", "--resident", "1").code == 0
    assert mimamori("device", "unassign", "t-1").code == 0
    assert "in store" in mimamori("device", "list").out
    answer = mimamori("device", "move", "t-1", "--resident", "1", "--at", "2099-01-01T00:00+0900")
    assert "the move lies in the future" in answer.err
    answer = mimamori("device", "move", "t-1", "--resident", "1", "--at", "2020-01-01T00:00+0900")
    assert "was somewhere else at that moment or later" in answer.err
    assert answer.code != 0
    assert mimamori("device", "move", "t-1", "--home", "3丁目 A-101").code == 0
    replaced = mimamori("device", "replace", "t-1", "t-2")
    assert replaced.out.startswith(
        "t-2 is in the place of t-1 from now on\nIt publishes under: mimamori/v1/t-2/+"
    )


@pytest.mark.usefixtures("ward")
def test_a_code_on_a_label_is_exchanged_over_the_network(
    mimamori: CommandLine, tmp_path: Path, processes: Processes
) -> None:
    address = processes.start("api", mimamori.settings | {"MIMAMORI_API_PORT": "0"}).wait_for("ready")[
        "address"
    ]
    mimamori.settings |= {"MIMAMORI_BASE_URL": address}
    words = ("--kind", "motion", "--place", "kitchen", "--home", "3丁目 A-101", "--label", "label.svg")
    added = mimamori("device", "add", "kitchen-1", *words)
    assert added.code == 0, added.err
    assert "password" not in added.out
    assert "code open" in _line(mimamori("device", "list").out, "kitchen-1")
    assert "<title>kitchen-1</title>" in (tmp_path / "label.svg").read_text(encoding="utf-8")
    code = added.out.rpartition("#")[2].strip()
    # Whoever enrols a device has no database.
    settings, mimamori.settings = mimamori.settings, {}
    answer = mimamori("device", "enrol", code, "--at", address)
    assert json.loads(answer.out)["username"] == "kitchen-1"
    again = mimamori("device", "enrol", code, "--at", address)
    assert again.code == 69
    assert again.err.startswith("this code opens nothing")
    assert "cannot reach" in mimamori("device", "enrol", code, "--at", "http://127.0.0.1:1").err
    assert "needs a web address" in mimamori("device", "enrol", code, "--at", "here").err
    mimamori.settings = settings
    assert mimamori("device", "label", "kitchen-1", "--out", "new.svg").code == 0
    assert "yes, new code open" in _line(mimamori("device", "list").out, "kitchen-1")
    assert "cannot write" in mimamori("device", "label", "kitchen-1", "--out", "no/where.svg").err


def test_the_doctor_finds_a_healthy_service(
    mimamori: CommandLine, database_url: str, broker: Broker, processes: Processes, tmp_path: Path
) -> None:
    ports = {"ingest": free_port(), "detectors": free_port()}
    mimamori.settings = service_settings(
        database_url,
        broker,
        ingest_metrics_port=ports["ingest"],
        detectors_metrics_port=ports["detectors"],
    )
    register_small_ward(database_url, tmp_path)
    processes.start("ingest", mimamori.settings)
    answer = mimamori("doctor")
    assert (answer.code, "mimamori detect" in answer.out) == (1, True)
    assert "no message reaches 中央地域包括支援センター" in answer.out
    mimamori.settings["MIMAMORI_MAIL_URL"] = "smtp://127.0.0.1:9"
    processes.start("detectors", mimamori.settings)
    # Both report a few times a second; the first report comes a moment after they are ready.
    wait_until(lambda: mimamori("doctor").code == 0, 30, what="the doctor to find nothing bad")
    answer = mimamori("doctor")
    for found in (
        "schema up to date",
        "Apache edition",
        "signed in at",
        "without a password are kept out",
        "s ago",
    ):
        assert found in answer.out
    # A monitor sees that they work, by the names of the registry.
    served = {figure.served_name for figure in FIGURES.values()}
    for port in ports.values():
        assert {name.partition("{")[0] for name in figures(port)} <= served
    wait_until(
        lambda: figures(ports["detectors"]).get("detectors_evaluated_homes_total", 0) > 0,
        what="a home that was evaluated",
    )
    seen = figures(ports["detectors"])
    assert seen["detectors_rounds_total"] > 0
    for name in ("last_round", "last_planning", "evaluated_through"):
        assert time.time() - seen[f"detectors_{name}_timestamp_seconds"] < 30
    assert answer_at(ports["detectors"], "/healthz")[0] == 200


def test_the_doctor_says_what_is_wrong(
    mimamori: CommandLine, empty_database_url: str, database_url: str, broker: Broker
) -> None:
    good = service_settings(database_url, broker)
    cases: list[tuple[dict[str, str], str]] = [
        (service_settings(empty_database_url, broker), "run: mimamori migrate"),
        (good, "start it: mimamori ingest"),
        (good | {"MIMAMORI_BROKER_PASSWORD": "wrong"}, "refuses ingest: Not authorized"),
        (good | {"MIMAMORI_BROKER_PORT": "1"}, "no answer at 127.0.0.1:1"),
        (good | {"MIMAMORI_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "the database is not available"),
        ({}, "MIMAMORI_DATABASE_URL: Field required"),
    ]
    for settings, answer in cases:
        mimamori.settings = settings
        result = mimamori("doctor")
        assert result.code == 1
        assert answer in result.out
