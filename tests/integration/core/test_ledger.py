"""The ledger cannot be changed unseen: whoever owns the database included, as far as a seal was written down outside of it."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.domain.records.ledger import Anchor, BrokenEntry, LedgerCheck, LedgerFault
from core.errors import StoreError
from core.store.database import Database
from core.store.ledger import checking, cutting, sealing
from core.store.operation import simulation
from core.store.people import access_log, watch_changes
from core.store.people.access_log import Viewed
from core.store.people.personal import erasing, erasures
from core.store.people.watch_changes import Watched
from ingest.commands.ledger_sealing import LedgerSealing
from tests.support.alerting import NOW
from tests.support.command_line import CommandLine
from tests.support.wards.api_ward import RESIDENT_A, RESIDENT_B, register_two_offices
from tests.support.wards.whole_person import fill

# What the owner of the database does past the triggers that hold everybody else.
_PAST_TRIGGERS = "SET LOCAL session_replication_role = replica"


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    with Database(database_url, size=4) as made:
        register_two_offices(made, tmp_path)
        fill(made, RESIDENT_A, "a")
        fill(made, RESIDENT_B, "b")
        _execute(
            made,
            "INSERT INTO office_change (office_id, at, user_id, what, after) VALUES (1, %s, 1, 'cover', '{}')",
            NOW,
        )
        yield made


def _execute(database: Database, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with database.transaction() as connection:
        cursor = connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


def _as_owner(database: Database, statement: str, *values: object) -> None:
    with database.transaction() as connection:
        connection.execute(_PAST_TRIGGERS)
        assert connection.execute(statement.encode(), values).rowcount > 0


def _seal_all(database: Database) -> None:
    with closing(database.dedicated_connection()) as connection:
        while sealing.seal(connection):
            pass


def _check(database: Database, against: Anchor | None = None) -> LedgerCheck:
    _seal_all(database)
    return checking.check(database, against)


def _good(database: Database, against: Anchor | None = None) -> LedgerCheck:
    found = _check(database, against)
    assert found.broken is None, str(found.broken)
    return found


def _broken_by(database: Database, statement: str) -> BrokenEntry:
    """Let the owner do something to a ledger that is whole, and return what is wrong with it then."""
    _good(database)
    _as_owner(database, statement)
    broken = _check(database).broken
    assert broken is not None
    return broken


def _head(database: Database) -> Anchor:
    found = _good(database).head
    assert found is not None
    return found


def _look(database: Database, resident: int = RESIDENT_A, at: datetime = NOW) -> None:
    with database.transaction() as connection:
        access_log.record(
            connection, user=2, resident=resident, what=Viewed.REVEAL, reason="other: is lost", now=at
        )


def test_every_look_and_every_change_has_an_entry_that_anybody_can_compute_anew(database: Database) -> None:
    _look(database)
    found = _good(database)

    sources = _execute(
        database,
        "SELECT s.source, count(*) FROM ledger_seal AS s GROUP BY s.source ORDER BY s.source",
    )
    rows = {name: _execute(database, f"SELECT count(*) FROM {name}")[0][0] for name, _ in sources}  # noqa: S608
    assert dict(sources) == rows
    assert rows.keys() == {"access_log", "office_change", "watch_change"}
    assert found.entries == sum(rows.values())
    # By hand, as docs/data.md says, of the last entry.
    (number, source, row, at, before, digest, seal) = _execute(
        database,
        "SELECT n.ledger_seal_id, n.source, n.row_number, n.at, b.seal, n.digest, n.seal FROM ledger_seal AS n"
        " JOIN ledger_seal AS b ON b.ledger_seal_id = n.ledger_seal_id - 1 ORDER BY 1 DESC LIMIT 1",
    )[0]
    ((salt, resident, reason),) = _execute(
        database,
        "SELECT salt, resident_id, reason FROM access_log WHERE access_log_id = %s",
        row,
    )
    said = (
        '{"at": "2026-08-01T00:40:00", "user": 2, "what": "reveal", "until": null, "reason": "other: is lost",'
        ' "contact": null, "resident": 1}'
    )
    assert (source, resident, reason) == ("access_log", RESIDENT_A, "other: is lost")
    assert at == NOW
    assert hashlib.sha256(salt.bytes + said.encode()).digest() == digest
    listed = [number, source, row, at.isoformat(timespec="microseconds"), "written", None, digest.hex()]
    text = json.dumps(listed, separators=(",", ":")).encode()
    assert hashlib.sha256(before + text).digest() == seal


@pytest.mark.parametrize(
    ("statement", "source", "fault"),
    [
        ("UPDATE access_log SET reason = 'other: was asked to' WHERE access_log_id = 2", "access_log", LedgerFault.CHANGED),
        ("UPDATE access_log SET user_id = 1 WHERE access_log_id = 2", "access_log", LedgerFault.CHANGED),
        ("UPDATE access_log SET resident_id = 2 WHERE access_log_id = 2", "access_log", LedgerFault.CHANGED),
        ("UPDATE access_log SET at = at + interval '1 us' WHERE access_log_id = 2", "access_log", LedgerFault.CHANGED),
        ("UPDATE access_log SET until = at WHERE access_log_id = 2", "access_log", LedgerFault.CHANGED),
        ("UPDATE access_log SET salt = gen_random_uuid() WHERE access_log_id = 2", "access_log", LedgerFault.CHANGED),
        ("DELETE FROM access_log WHERE access_log_id = 2", "access_log", LedgerFault.GONE),
        ("UPDATE watch_change SET after = '{}' WHERE what = 'sensitivity'", "watch_change", LedgerFault.CHANGED),
        ("UPDATE watch_change SET user_id = 2 WHERE what = 'sensitivity'", "watch_change", LedgerFault.CHANGED),
        ("DELETE FROM watch_change WHERE what = 'sensitivity'", "watch_change", LedgerFault.GONE),
        ("UPDATE office_change SET after = NULL, before = '{}'", "office_change", LedgerFault.CHANGED),
        ("DELETE FROM office_change", "office_change", LedgerFault.GONE),
    ],
)  # fmt: skip
def test_a_row_that_the_owner_changes_or_takes_out_is_found_and_named(
    database: Database, statement: str, source: str, fault: LedgerFault
) -> None:
    broken = _broken_by(database, statement)
    assert (broken.source, broken.fault) == (source, fault)
    ((row,),) = _execute(
        database,
        "SELECT row_number FROM ledger_seal WHERE ledger_seal_id = %s",
        broken.number,
    )
    assert row == broken.row


@pytest.mark.parametrize(
    ("statement", "number", "fault"),
    [
        ("DELETE FROM ledger_seal WHERE ledger_seal_id = 3", 3, LedgerFault.GAP),
        ("DELETE FROM ledger_seal WHERE ledger_seal_id < 3", 1, LedgerFault.GAP),
        ("UPDATE ledger_seal SET digest = 'x' WHERE ledger_seal_id = 3", 3, LedgerFault.SEAL),
        ("UPDATE ledger_seal SET at = at - interval '1 day' WHERE ledger_seal_id = 3", 3, LedgerFault.SEAL),
        ("UPDATE ledger_seal SET row_number = row_number + 1 WHERE ledger_seal_id = 3", 3, LedgerFault.SEAL),
        ("UPDATE ledger_seal SET cause = 'simulation' WHERE ledger_seal_id = 3", 3, LedgerFault.SEAL),
        ("UPDATE ledger_seal SET seal = digest WHERE ledger_seal_id = 3", 3, LedgerFault.SEAL),
        ("INSERT INTO access_log (at, user_id, resident_id, what) VALUES ('2026-07-01Z', 1, 1, 'record')", None, LedgerFault.OUTSIDE),
    ],
)  # fmt: skip
def test_an_entry_that_is_changed_taken_out_or_never_was_is_found(
    database: Database, statement: str, number: int | None, fault: LedgerFault
) -> None:
    broken = _broken_by(database, statement)
    assert (broken.number, broken.fault) == (number, fault)


@pytest.mark.parametrize("table", ["access_log", "watch_change", "office_change", "ledger_seal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}"])
def test_nobody_changes_or_deletes_a_row_by_mistake_or_through_a_hole_in_a_query(
    database: Database, table: str, statement: str
) -> None:
    _seal_all(database)

    with pytest.raises(StoreError):
        _execute(database, statement.format(table))

    _good(database)


@pytest.mark.parametrize(
    ("cause", "statement"),
    [
        ("mended by hand", "DELETE FROM watch_change"),
        ("erasure", "DELETE FROM watch_change"),
        ("erasure 7 and more", "UPDATE access_log SET reason = 'another'"),
        ("simulation", "UPDATE access_log SET reason = 'another'"),
        ("cut", "UPDATE access_log SET reason = 'another'"),
    ],
)
def test_a_row_changes_for_no_other_cause_than_those_there_are(
    database: Database, cause: str, statement: str
) -> None:
    with pytest.raises(StoreError, match="23001"), database.transaction() as connection:
        connection.execute("SELECT set_config('mimamori.ledger_cause', %s, true)", (cause,))
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("source", "at", "cause"),
    [
        ("access_log", "2026-08-01Z", "mended"),
        ("another", "2026-08-01Z", "written"),
        ("access_log", "infinity", "written"),
        ("access_log", "2026-08-01Z", "erasure"),
    ],
)
def test_what_could_not_be_sealed_does_not_wait_for_it(
    database: Database, source: str, at: str, cause: str
) -> None:
    with pytest.raises(StoreError, match="23514"):
        _execute(
            database,
            "INSERT INTO ledger_pending (source, row_number, at, cause) VALUES (%s, 1, %s, %s)",
            source,
            at,
            cause,
        )


def test_an_entry_that_nobody_can_read_stops_the_sealing_and_not_ingest(database: Database) -> None:
    _seal_all(database)
    _execute(database, "ALTER TABLE ledger_pending DROP CONSTRAINT ledger_pending_cause_check")
    _execute(
        database,
        "INSERT INTO ledger_pending (source, row_number, at, cause) VALUES ('access_log', 1, %s, 'mended')",
        NOW,
    )
    with closing(database.dedicated_connection()) as connection, capture_logs() as logs:
        LedgerSealing().look(connection)
    assert [one["event"] for one in logs] == ["ledger_waits"]


def test_those_who_write_at_once_wait_for_nobody_and_leave_no_hole(database: Database) -> None:
    before = _good(database).entries
    began, stop = threading.Barrier(8), threading.Event()

    def write(user: int) -> None:
        began.wait()
        for _ in range(25):
            with database.transaction() as connection:
                access_log.record(connection, user=user, resident=RESIDENT_A, what=Viewed.RECORD, now=NOW)

    def seal() -> None:
        with closing(database.dedicated_connection()) as connection:
            while not stop.is_set():
                sealing.seal(connection, most=7)

    writers = [threading.Thread(target=write, args=(1 + one % 4,)) for one in range(8)]
    sealers = [threading.Thread(target=seal) for _ in range(2)]
    for thread in (*sealers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in sealers:
        thread.join()

    assert _good(database).entries == before + 8 * 25


def test_a_look_is_written_while_somebody_seals(database: Database) -> None:
    with closing(database.dedicated_connection()) as connection, connection.transaction():
        assert connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (sealing.SEALING,)).fetchone() == (
            True,
        )
        _look(database)
        with closing(database.dedicated_connection()) as other:
            assert sealing.seal(other) is None

    _good(database)


def test_a_look_that_is_rolled_back_leaves_nothing_behind(database: Database) -> None:
    before = _good(database).entries

    def look_and_fail() -> None:
        with database.transaction() as connection:
            access_log.record(connection, user=2, resident=RESIDENT_A, what=Viewed.RECORD, now=NOW)
            raise KeyError

    with pytest.raises(KeyError):
        look_and_fail()

    assert _good(database).entries == before


def _erase(database: Database) -> int:
    with database.transaction() as connection:
        number = erasures.ask(connection, RESIDENT_A, user=1, now=NOW)
    report = erasing.erase(database, number, NOW, None)
    assert report is not None
    assert report.is_proven
    return number


def test_an_erasure_takes_the_words_and_leaves_a_ledger_that_is_whole(database: Database) -> None:
    anchor = _head(database)
    query = "SELECT s.digest FROM ledger_seal AS s WHERE s.source = 'access_log' AND s.row_number = 1"
    ((digest,),) = _execute(database, query)
    content = sealing.contents
    with database.transaction() as connection:
        (before,) = content(connection, [("access_log", 1)])
    assert before.content is not None
    assert "other: a is lost" in before.content
    assert before.digest == digest

    number = _erase(database)

    found = _good(database, anchor)
    assert found.erased.keys() == {number}
    # One reason, and her changes: of her sensitivity and of her daughter's account.
    assert found.erased[number] == 3
    with database.transaction() as connection:
        (after,) = content(connection, [("access_log", 1)])
    assert after.content is not None
    assert "lost" not in after.content
    # What she is said to have done cannot be guessed and tried: the salt of the digest that stays is gone.
    assert after.salt != before.salt
    assert _execute(database, query + " ORDER BY s.ledger_seal_id LIMIT 1") == [(digest,)]


def test_whoever_changes_a_row_and_calls_it_an_erasure_must_name_one_that_is_there(
    database: Database,
) -> None:
    _good(database)
    with database.transaction() as connection:
        sealing.say_erasure(connection, 77, NOW)
        connection.execute("UPDATE access_log SET reason = '' WHERE access_log_id = 1")

    broken = _check(database).broken

    assert broken is not None
    assert (broken.source, broken.row, broken.fault) == ("access_log", 1, LedgerFault.NO_ERASURE)


def test_what_an_erasure_left_is_not_changed_afterwards(database: Database) -> None:
    _erase(database)
    _good(database)

    _as_owner(database, "UPDATE access_log SET user_id = 1 WHERE access_log_id = 1")

    broken = _check(database).broken
    assert broken is not None
    assert (broken.row, broken.fault) == (1, LedgerFault.CHANGED)


def test_a_row_that_is_erased_before_it_was_sealed_is_no_fault(database: Database) -> None:
    number = _erase(database)

    assert _good(database).erased == {number: 3}


def test_simulated_homes_that_are_left_out_go_with_their_rows(database_url: str, tmp_path: Path) -> None:
    with Database(database_url, size=4) as database:
        register_two_offices(database, tmp_path)
        with database.transaction() as connection:
            watch_changes.record(
                connection,
                RESIDENT_B,
                Watched.SENSITIVITY,
                before=None,
                after={"sensitivity": "quiet"},
                user=1,
                now=NOW,
            )
        _good(database)
        with database.transaction() as connection:
            connection.execute("DELETE FROM device_assignment; DELETE FROM evaluation")
            simulation.leave_out(connection, but=["home A"])

        assert _good(database).left_out == 1


def test_the_oldest_entries_go_and_the_rest_is_still_whole(database: Database) -> None:
    for day in range(20):
        _look(database, at=NOW + timedelta(days=day))
    old = _head(database)
    before = _good(database).entries
    for day in range(20, 30):
        _look(database, at=NOW + timedelta(days=day))
    new = _head(database)

    with database.transaction() as connection:
        # What was filled in has the machine's time.
        gone = cutting.cut(connection, datetime.now(UTC) + timedelta(hours=1), NOW, most=before - 5)

    assert gone is not None
    assert (gone.entries, gone.through) == (before - 5, before - 5)
    assert gone.rows == before - 5
    found = _good(database, new)
    assert found.first == before - 4
    # Ten after, five before, and the entry that says what went.
    assert found.entries == 10 + 5 + 1
    assert [one.through for one in found.cuts] == [before - 5]
    assert _good(database, old).broken is None
    assert str(_check(database, Anchor(1, new.seal)).broken).endswith("so its seal cannot be compared")
    # The seal of the last that went is kept.
    ((seal,),) = _execute(database, "SELECT seal FROM ledger_cut")
    _good(database, Anchor(before - 5, seal))
    assert _check(database, Anchor(before - 5, new.seal)).broken is not None
    # And again, down to nothing.
    with database.transaction() as connection:
        cutting.cut(connection, datetime.now(UTC) + timedelta(days=3650), NOW)
    _look(database)
    assert _good(database).entries == 2


def test_what_was_erased_late_stays_when_older_entries_go(database: Database) -> None:
    _good(database)
    _erase(database)
    total = _good(database).entries
    late = _execute(database, "SELECT count(*) FROM ledger_seal WHERE cause = 'erasure'")[0][0]
    with database.transaction() as connection:
        cutting.cut(connection, datetime.now(UTC) + timedelta(hours=1), NOW, most=total - late)

    assert _execute(database, "SELECT reason FROM access_log WHERE access_log_id = 1") == [("",)]
    assert _good(database).erased != {}


def test_a_cut_that_is_made_up_does_not_fit(database: Database) -> None:
    _good(database)
    _as_owner(database, "DELETE FROM ledger_seal WHERE ledger_seal_id <= 4")
    _execute(
        database,
        "INSERT INTO ledger_cut (at, before, through, entries, seal) VALUES (%s, %s, 4, 4, 'made up')",
        NOW,
        NOW,
    )

    broken = _check(database).broken

    assert broken is not None
    assert (broken.number, broken.fault) == (5, LedgerFault.SEAL)


def test_only_a_seal_that_was_written_down_shows_a_ledger_that_the_owner_wrote_anew(
    database: Database,
) -> None:
    anchor = _head(database)
    _as_owner(database, "UPDATE access_log SET user_id = 1 WHERE access_log_id = 1")
    _as_owner(
        database,
        "INSERT INTO ledger_pending (source, row_number, at, cause) SELECT source, row_number, at, cause FROM ledger_seal"
        " ORDER BY ledger_seal_id",
    )
    _as_owner(database, "DELETE FROM ledger_seal")

    assert _check(database).broken is None
    broken = _check(database, anchor).broken
    assert broken is not None
    assert (broken.number, broken.fault) == (anchor.number, LedgerFault.OTHER_SEAL)


def test_only_a_seal_that_was_written_down_shows_that_the_end_was_cut_off(database: Database) -> None:
    _look(database)
    anchor = _head(database)
    _as_owner(database, "DELETE FROM ledger_seal WHERE ledger_seal_id = %s", anchor.number)
    _as_owner(
        database, "DELETE FROM access_log WHERE access_log_id = (SELECT max(access_log_id) FROM access_log)"
    )

    assert _check(database).broken is None
    broken = _check(database, anchor).broken
    assert broken is not None
    assert (broken.number, broken.fault) == (anchor.number, LedgerFault.NOT_THERE)


def test_the_command_says_whole_or_what_is_broken_first(
    database: Database, database_url: str, mimamori: CommandLine
) -> None:
    mimamori.settings = {"MIMAMORI_ENVIRONMENT": "test", "MIMAMORI_DATABASE_URL": database_url}
    waiting = mimamori("ledger", "verify")
    assert (waiting.code, waiting.err) == (0, "")
    assert "0 entries checked" in waiting.out
    assert "rows wait for their seal, so nothing is proven of them" in waiting.out
    anchor = _head(database)

    good = mimamori("ledger", "verify", "--against", str(anchor))

    assert (good.code, good.err) == (0, "")
    assert f"entry {anchor.number} has the seal that was written down" in good.out
    assert f"last seal: {anchor}" in good.out
    number = _erase(database)
    _seal_all(database)
    assert f"erasure {number} took away 3 rows, or words in them" in mimamori("ledger", "verify").out
    refused = mimamori("ledger", "verify", "--against", "12:abcd")
    assert refused.code != 0
    assert "a seal has 64 hexadecimal digits" in refused.err
    assert "at least the last 365 days stay" in mimamori("ledger", "cut", "--before", "2099-01-01").err
    assert "0 entries went, and 0 rows with them" in mimamori("ledger", "cut", "--before", "2001-01-01").out

    _as_owner(database, "DELETE FROM access_log WHERE access_log_id = 3")

    broken = mimamori("ledger", "verify")
    assert broken.code == 1
    assert (
        "(access_log 3, 2026-07-01T00:00:00.000000+00:00): its row is gone, and no erasure took it"
        in broken.err
    )
    assert "last seal" not in broken.out


def test_the_doctor_says_when_nothing_is_sealed(
    database: Database, database_url: str, mimamori: CommandLine
) -> None:
    mimamori.settings = {"MIMAMORI_ENVIRONMENT": "test", "MIMAMORI_DATABASE_URL": database_url}
    assert "rows wait for their seal, the oldest of 2026-07-01" in mimamori("doctor").out
    _seal_all(database)
    assert "entries sealed, 0 wait" in mimamori("doctor").out


def test_ingest_seals_what_waits_and_writes_the_last_seal_into_its_log(
    database: Database,
) -> None:
    ledger = LedgerSealing()
    with capture_logs() as logs, closing(database.dedicated_connection()) as connection:
        ledger.look(connection)
        with database.transaction() as at:
            head = Anchor(*sealing.last(at))
        _look(database)
        ledger.look(connection)

    assert head.number > 0
    assert [(one["event"], one["anchor"]) for one in logs] == [("ledger_sealed", str(head))]
    assert checking.check(database).entries == head.number + 1


def test_ingest_goes_on_when_the_ledger_cannot_be_sealed(
    database: Database,
) -> None:
    _execute(database, "ALTER TABLE ledger_seal RENAME TO elsewhere")
    ledger = LedgerSealing()
    with capture_logs() as logs, closing(database.dedicated_connection()) as connection:
        ledger.look(connection)
        ledger.look(connection)
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert [one["event"] for one in logs] == ["ledger_waits"]
    _execute(database, "ALTER TABLE elsewhere RENAME TO ledger_seal")
    assert _good(database).entries > 0


def test_a_ledger_of_many_pieces_is_checked_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_PIECE", 3)
    assert _good(database).entries > 2 * 3
    _as_owner(database, "UPDATE access_log SET user_id = 1 WHERE access_log_id = 4")
    broken = _check(database).broken
    assert broken is not None
    assert broken.row == 4
