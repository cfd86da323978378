"""What the tables hold of subjects: the columns of the kind and no others, and one alert and one episode for each."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from psycopg import errors
from psycopg.sql import SQL, Composed, Identifier

from core.domain.alert import WARD, Subject
from core.store import subjects
from core.store.alerts import alerts, episodes
from core.store.database import Connection, Database
from core.store.telemetry import blind_times
from tests.support.alerting import NOW, finding, open_alert, register

COLUMNS = {"resident_id", "geofence_id", "home_id", "device_number", "area"}
# Of each table: the columns that subjects have there, the kinds, and what else a row needs.
TABLES = {
    "alert": (COLUMNS, {"resident", "geofence", "home", "device", "area", "ward"}, {
        "rule": "r", "severity": 3, "condition": "active", "handling": "open", "began_at": NOW, "raised_at": NOW,
        "opened_at": NOW, "reason": "{}",
    }),
    "alert_episode": (COLUMNS, {"resident", "geofence", "home", "device", "area", "ward"}, {
        "alert_id": 1, "rule": "r", "began_at": NOW, "raised_at": NOW,
    }),
    "blind_time": (COLUMNS - {"resident_id", "geofence_id"}, {"home", "device", "area", "ward", "canary"}, {
        "cause": "c", "began_at": NOW,
    }),
}  # fmt: skip
OWN = {
    "resident": "resident_id",
    "geofence": "geofence_id",
    "home": "home_id",
    "device": "device_number",
    "area": "area",
}
# An alert about these also says whose it is.
OF_SOMEBODY = {("alert", kind, "resident_id") for kind in ("geofence", "home", "device")}


@pytest.fixture
def connection(database_url: str, tmp_path: Path) -> Iterator[Connection]:
    with Database(database_url) as database:
        register(database, tmp_path)
        with database.transaction() as opened:
            opened.execute(
                b"INSERT INTO geofence (resident_id, name, shape, hours, created_at) VALUES (1, 'x', '{}', '{}', %s)",
                [NOW],
            )
            assert open_alert(opened) == 1
            yield opened


def insertion(table: str, kind: str, given: set[str]) -> tuple[Composed, list[object]]:
    values = {
        **TABLES[table][2],
        "subject_kind": kind,
        **{name: "3丁目" if name == "area" else 1 for name in given},
    }
    statement = SQL("INSERT INTO {} ({}) VALUES ({})").format(
        Identifier(table), SQL(", ").join(map(Identifier, values)), SQL(", ").join([SQL("%s")] * len(values))
    )
    return statement, list(values.values())


def is_taken(connection: Connection, table: str, kind: str, given: set[str]) -> bool:
    """Return whether a table takes such a row; it is taken back at once."""
    with connection.transaction(force_rollback=True):
        try:
            connection.execute(*insertion(table, kind, given))
        except errors.CheckViolation:
            return False
    return True


def test_a_row_has_exactly_the_column_of_its_kind_of_subject(connection: Connection) -> None:
    for table, (columns, kinds, _) in TABLES.items():
        for kind in kinds:
            own = {OWN[kind]} if kind in OWN else set[str]()
            assert is_taken(connection, table, kind, own), (table, kind)
            assert own == set() or not is_taken(connection, table, kind, set()), (table, kind)
            for other in columns - own:
                expected = (table, kind, other) in OF_SOMEBODY
                assert is_taken(connection, table, kind, own | {other}) is expected, (table, kind, other)
        assert not is_taken(connection, table, "cat", set()), table
    with connection.transaction(force_rollback=True), pytest.raises(errors.CheckViolation):
        statement, values = insertion("blind_time", "area", {"area"})
        connection.execute(statement, ["" if value == "3丁目" else value for value in values])


def test_a_subject_that_does_not_exist_is_refused(connection: Connection) -> None:
    for subject in (Subject.of_home(99), Subject.of_device(99)):
        with connection.transaction(force_rollback=True), pytest.raises(errors.ForeignKeyViolation):
            blind_times.begin(connection, subject, "c", NOW, NOW)
        with connection.transaction(force_rollback=True), pytest.raises(errors.ForeignKeyViolation):
            open_alert(connection, rule="home_silent", subject=subject)


def added(connection: Connection, table: str, values: dict[str, object]) -> int:
    statement = SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING alert_id").format(
        Identifier(table), SQL(", ").join(map(Identifier, values)), SQL(", ").join([SQL("%s")] * len(values))
    )
    row = connection.execute(statement, list(values.values())).fetchone()
    assert row is not None
    return row[0]


def test_two_alerts_or_episodes_of_one_key_cannot_exist(connection: Connection) -> None:
    of = [Subject.of_resident(1), Subject.of_home(1), Subject.of_device(1), Subject.of_area("3丁目"), WARD]
    for subject in of:
        columns = subjects.columns(subject)
        del columns["subject_number"]
        alert, episode = ({**TABLES[table][2], **columns} for table in ("alert", "alert_episode"))
        # Whose alert it is does not make it another one.
        is_of_somebody = ("alert", subject.kind, "resident_id") in OF_SOMEBODY
        other = alert | {"resident_id": 1} if is_of_somebody else alert
        closed = other | {"handling": "closed", "closed_at": NOW, "outcome": "other"}

        first, second = added(connection, "alert", alert), added(connection, "alert", closed)
        added(connection, "alert_episode", episode | {"alert_id": first})

        with pytest.raises(errors.UniqueViolation), connection.transaction():
            added(connection, "alert", other)
        with pytest.raises(errors.UniqueViolation), connection.transaction():
            added(connection, "alert_episode", episode | {"alert_id": second})


def test_an_alert_and_a_blind_time_are_read_back_with_their_subject(connection: Connection) -> None:
    of = [Subject.of_geofence(1), Subject.of_home(1), Subject.of_device(1)]
    for subject in of:
        assert alerts.get(connection, open_alert(connection, rule="r", subject=subject)).subject == subject
    own = episodes.open_or_update(connection, finding(rule="r"), None, None, NOW)
    assert own is not None
    assert alerts.get(connection, own).resident == 1, "who is the subject is also whose alert it is"
    in_contact = [Subject.of_home(1), Subject.of_device(1), Subject.of_area("3丁目"), WARD]
    for subject in in_contact:
        blind_times.begin(connection, subject, "c", NOW, NOW)
        blind_times.begin(connection, subject, "c", NOW, NOW)
    found = blind_times.of_subjects(connection, in_contact, NOW, NOW + timedelta(minutes=1))
    assert sorted(one.subject for one in found) == sorted(in_contact)
    for subject in in_contact:
        blind_times.end(connection, subject, "c", NOW)
    assert blind_times.of_subjects(connection, in_contact, NOW, NOW + timedelta(minutes=1)) == []


def test_the_ward_is_evaluated_in_one_row(connection: Connection) -> None:
    insert = b"INSERT INTO evaluation (resident_id, evaluated_through, due_at) VALUES (NULL, %s, %s)"
    connection.execute(insert, [NOW, NOW])
    with pytest.raises(errors.UniqueViolation), connection.transaction():
        connection.execute(insert, [NOW, NOW])
