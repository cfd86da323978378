"""Somebody who is erased is gone from every table and every text, nobody else loses anything, and the report proves it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.records.erasure import ErasureReport, ErasureState, PersonKeys
from core.domain.records.personal_data import PERSONAL_DATA, WhenErased
from core.store.database import Database
from core.store.people.personal import erasing, erasures, keys, rows, search
from tests.support.alerting import NOW
from tests.support.wards.api_ward import RESIDENT_A, RESIDENT_B, register_two_offices
from tests.support.wards.whole_person import all_rows, empty_tables, fill

# Everything by which a person reading the database could know her.
_HERS = (
    "田中",
    "たなか",
    "03-1111-000A",
    "family-a@",
    "cousin-a@",
    "contact A",
    "cousin A",
    "太郎",
    "tea of a",
)


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    with Database(database_url, size=2) as made:
        register_two_offices(made, tmp_path)
        fill(made, RESIDENT_A, "a")
        fill(made, RESIDENT_B, "b")
        yield made


def _erase(database: Database, resident: int = RESIDENT_A) -> ErasureReport:
    with database.transaction() as connection:
        number = erasures.ask(connection, resident, user=1, now=NOW)
    report = erasing.erase(database, number, NOW, None)
    assert report is not None
    return report


def _execute(database: Database, statement: str, *values: object) -> list[tuple[object, ...]]:
    with database.transaction() as connection:
        cursor = connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


def test_every_table_has_something_of_her_before(database: Database) -> None:
    with database.transaction() as connection:
        assert empty_tables(connection) == []


def test_nothing_of_her_is_left_in_any_table_and_the_other_keeps_every_row(database: Database) -> None:
    with database.transaction() as connection:
        theirs = keys.person(connection, RESIDENT_B).keys
        number_of = {
            name: rows.count(connection, one, theirs)
            for name, one in PERSONAL_DATA.items()
            if one.when_erased is not WhenErased.NOBODY
        }
    before = all_rows(database)

    report = _erase(database)

    after = all_rows(database)
    text = "\n".join(row for table in after.values() for row in table)
    assert [one for one in _HERS if one in text] == []
    assert (report.is_proven, report.left_rows, report.left_texts) == (True, {}, ())
    # What is not hers is there, to the last value; what is gone was counted.
    with database.transaction() as connection:
        for name, one in PERSONAL_DATA.items():
            if one.when_erased is not WhenErased.NOBODY and name != "people_import":
                assert rows.count(connection, one, theirs) == number_of[name], name
    for name, had in before.items():
        gone, new = had - after[name], after[name] - had
        if name not in {"erasure", "access_log", "user_account", "ledger_pending"}:
            assert (gone.total(), new.total()) == (report.deleted.get(name, 0), 0), name
        assert not [row for row in gone if '"family-b@' in row or "鈴木" in row], name
    assert report.searched > 100
    assert report.identifiers > 10


def test_who_looked_stays_by_number_without_words_and_an_account_that_looked_says_nothing(
    database: Database,
) -> None:
    report = _erase(database)
    looks = "SELECT user_id, what, reason FROM access_log WHERE resident_id = %s ORDER BY at"
    account = _execute(database, "SELECT user_id FROM user_account WHERE login LIKE 'erased %%'")[0][0]
    assert _execute(database, looks, RESIDENT_A) == [(2, "reveal", ""), (account, "reveal", "")]
    assert _execute(
        database, "SELECT name, password_hash, is_active FROM user_account WHERE user_id = %s", account
    ) == [("", "", False)]
    assert (report.kept, report.blanked) == ({"access_log": 2}, {"user_account": 1})
    # What is kept of the erasure names nobody.
    (kept,) = _execute(database, "SELECT to_jsonb(e) FROM erasure AS e")[0]
    assert not [one for one in _HERS if one in json.dumps(kept, ensure_ascii=False)]


def test_in_a_shared_home_the_home_and_what_its_devices_measured_stay_for_the_other(
    database: Database,
) -> None:
    _execute(
        database,
        "INSERT INTO resident (home_id, office_id, name, kana, watched_from) VALUES (1, 1, '田中 一', 'いち', now())",
    )
    count = "SELECT count(*) FROM reading JOIN device USING (device_number) WHERE device_id = 'hall-a'"
    before = _execute(database, count)
    report = _erase(database)

    assert report.is_proven
    assert report.others_at_home == 1
    assert _execute(database, count) == before != [(0,)]
    assert _execute(database, "SELECT count(*) FROM home WHERE home_id = 1") == [(1,)]
    assert _execute(database, "SELECT name FROM resident WHERE home_id = 1") == [("田中 一",)]
    assert _execute(database, "SELECT count(*) FROM alert WHERE home_id = 1") == [(1,)]
    # What was hers alone is gone all the same.
    assert _execute(database, "SELECT count(*) FROM device WHERE device_id = 'tracker-a'") == [(0,)]
    assert _execute(
        database, "SELECT count(*) FROM fix WHERE device_number NOT IN (SELECT device_number FROM device)"
    ) == [(0,)]


def test_what_a_device_measured_in_another_home_stays_there(database: Database) -> None:
    _execute(
        database,
        "UPDATE device_assignment SET during = tstzrange('2026-06-01Z', '2026-06-25Z') WHERE device_number ="
        " (SELECT device_number FROM device WHERE device_id = 'hall-a')",
    )
    _execute(
        database,
        "INSERT INTO device_assignment (device_number, home_id, during)"
        " SELECT device_number, 2, tstzrange('2026-06-25Z', NULL) FROM device WHERE device_id = 'hall-a'",
    )
    _erase(database)
    assert _execute(
        database,
        "SELECT min(time)::date::text, count(*) > 50 FROM reading JOIN device USING (device_number) WHERE device_id = 'hall-a'",
    ) == [("2026-06-25", True)]
    # Its newest value is of the other home by now.
    assert _execute(
        database,
        "SELECT count(*) FROM device_latest JOIN device USING (device_number) WHERE device_id = 'hall-a'",
    ) == [(1,)]


def test_a_name_in_somebody_elses_note_is_blotted_out_and_a_namesake_is_left_alone(
    database: Database,
) -> None:
    _execute(database, "UPDATE absence SET note = '田中 花子さんと 温泉' WHERE resident_id = %s", RESIDENT_B)
    _execute(
        database,
        "INSERT INTO watch_change (resident_id, at, user_id, what, before, after)"
        ' VALUES (%s, now(), 1, \'family\', \'{"residents": ["田中花子", "鈴木 一郎"]}\', \'{"residents": ["鈴木 一郎"]}\')',
        RESIDENT_B,
    )
    report = _erase(database)
    assert report.is_proven
    assert report.mended == {"absence": 1, "watch_change": 1}
    assert _execute(database, "SELECT note FROM absence") == [("■■■さんと 温泉",)]
    assert _execute(database, "SELECT before FROM watch_change WHERE what = 'family'") == [
        ({"residents": ["■■■", "鈴木 一郎"]},)
    ]


def test_somebody_elses_equal_name_says_nothing_and_is_counted(database: Database) -> None:
    _execute(database, "UPDATE contact SET name = '田中 花子' WHERE resident_id = %s", RESIDENT_B)
    report = _erase(database)
    assert report.is_proven
    assert report.shared >= 1
    assert _execute(database, "SELECT DISTINCT name FROM contact WHERE resident_id = %s", RESIDENT_B) == [
        ("田中 花子",)
    ]


def test_a_name_that_stands_where_nobody_may_mend_it_is_reported_and_not_called_proven(
    database: Database,
) -> None:
    _execute(
        database,
        "INSERT INTO device_proposal (sender, name, model, device_classes, first_seen_at, last_seen_at)"
        " VALUES ('zigbee2mqtt:g1/x', 'たなか はなこ ベッド', 'm', '{}', now(), now())",
    )
    report = _erase(database)
    assert not report.is_proven
    assert [(one.table, one.column, one.rows) for one in report.left_texts] == [
        ("device_proposal", "name", 1)
    ]
    assert _execute(database, "SELECT state FROM erasure") == [(ErasureState.UNPROVEN.value,)]


def test_an_erasure_that_is_cut_off_goes_on_where_it_stopped_and_counts_everything_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PIECE", 3)
    before = all_rows(database)
    with database.transaction() as connection:
        number = erasures.ask(connection, RESIDENT_A, user=1, now=NOW)
    asked: list[PersonKeys] = []

    def clear(wanted: PersonKeys) -> erasing.BrokerCleared:
        asked.append(wanted)
        return erasing.BrokerCleared(0, 0)

    # Each time it is allowed a little more.
    report, allowed = None, 0
    while report is None:
        allowed += 25
        looks = iter(range(allowed))
        report = erasing.erase(database, number, NOW, clear, lambda looks=looks: next(looks, None) is None)
    assert len(asked) > 4
    # Looked up once: a second look would no longer find her contacts.
    assert len({repr(one) for one in asked}) == 1
    assert report.is_proven
    after_all = all_rows(database)
    for name in ("reading", "fix", "alert", "watch_change", "quarantine"):
        assert (before[name] - after_all[name]).total() == report.deleted[name], name
    assert _execute(database, "SELECT keys IS NULL, state FROM erasure") == [(True, "done")]


def test_a_second_erasure_finds_nothing_and_asks_for_nothing_new(database: Database) -> None:
    _erase(database)
    with database.transaction() as connection:
        again = erasures.ask(connection, RESIDENT_A, user=1, now=NOW)
        assert erasures.get(connection, again).state is ErasureState.DONE
        assert erasures.following(connection) is None


def test_a_short_name_is_not_looked_for_in_digests_that_hold_it_by_chance(database_url: str) -> None:
    with Database(database_url, size=1) as database, database.transaction() as connection:
        looked_at = {(one.table, one.column) for one in search.columns(connection)}
    assert ("access_log", "reason") in looked_at
    assert not [one for one in looked_at if one[0] == "ledger_seal" or one == ("ledger_cut", "seal")]
