"""Erases a resident in bounded transactions: whoever takes it up goes on where the last one stopped, and the end is a proof."""

import hashlib
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import msgspec

from core.domain.records.erasure import ErasureReport, PersonKeys
from core.domain.records.personal_data import OF_RESIDENTS, PersonalTable, WhenErased
from core.store.database import Connection, Database
from core.store.ledger import sealing
from core.store.people.personal import erasures, keys, rows, search
from core.store.queries import load

_DATA = load("people/personal_data")
_ACCOUNTS = "user_account"
# What stands in it is not looked through: all that wait go.
_DRAFTS = "people_import"


@dataclass(frozen=True)
class BrokerCleared:
    """What became of messages that the broker had kept of somebody's devices."""

    cleared: int
    left: int


Clear = Callable[[PersonKeys], BrokerCleared]
_Taking = Callable[[], AbstractContextManager[Connection]]


def erase(
    database: Database,
    erasure: int,
    now: datetime,
    clear_broker: Clear | None,
    must_end: Callable[[], bool] = lambda: False,
) -> ErasureReport | None:
    """Erase a resident, and return the proof; None if it had to end before, and goes on from there next time.

    Parameters
    ----------
    database : Database
        Each piece is a transaction of its own.
    erasure : int
        Which one.
    now : datetime
        When it ends.
    clear_broker : callable or None
        Lets the broker forget what it kept of these devices; None where there is no broker to ask, as after a restore.
    must_end : callable
        Whether to leave the rest.
    """
    with database.transaction() as connection:
        wanted = erasures.keys(connection, erasure)
        if wanted is None:
            one = erasures.get(connection, erasure)
            wanted = keys.person(connection, one.resident).keys
            erasures.begin(connection, erasure, wanted)
    cleared = None if clear_broker is None else clear_broker(wanted)
    taking = partial(_taking, database, erasure, now)
    for table in OF_RESIDENTS:
        if must_end():
            return None
        if table.when_erased is WhenErased.DELETED and not _delete(taking, erasure, table, wanted, must_end):
            return None
    with taking() as connection:
        blanked = _blank(connection, erasure, wanted)
        connection.execute(_DATA["announce"])
    return _prove(database, erasure, wanted, blanked, cleared, now)


@contextmanager
def _taking(database: Database, erasure: int, now: datetime) -> Generator[Connection]:
    """Lend a transaction that may take rows of the ledger away; each of them gets an entry that names the erasure."""
    with database.transaction() as connection:
        sealing.say_erasure(connection, erasure, now)
        yield connection


def _delete(
    taking: _Taking,
    erasure: int,
    table: PersonalTable,
    wanted: PersonKeys,
    must_end: Callable[[], bool],
) -> bool:
    """Delete all rows of a table; return False if it had to end before."""
    if table.name == "contact":
        with taking() as connection:
            connection.execute(_DATA["release_alerts"], rows.values_of(wanted))
    if table.is_timeline:
        with taking() as connection:
            ahead = rows.stretches(connection, table, wanted)
        for stretch in ahead:
            if must_end():
                return False
            with taking() as connection:
                gone = rows.delete_stretch(connection, table, wanted, stretch)
                erasures.note(connection, erasure, table.name, gone)
        return True
    while not must_end():
        with taking() as connection:
            gone = rows.delete_piece(connection, table, wanted)
            erasures.note(connection, erasure, table.name, gone)
        if gone < rows.PIECE:
            return True
    return False


def _blank(connection: Connection, erasure: int, wanted: PersonKeys) -> dict[str, int]:
    """Take the words out of what stays, and delete the accounts that nothing refers to."""
    values = rows.values_of(wanted)
    connection.execute(_DATA["forget_reasons"], values)
    needed = [row[0] for row in connection.execute(_DATA["needed_accounts"], values)]
    connection.execute(_DATA["blank_accounts"], {"needed": needed})
    gone = replace(wanted, accounts=tuple(one for one in wanted.accounts if one not in needed))
    table = next(one for one in OF_RESIDENTS if one.name == _ACCOUNTS)
    erasures.note(connection, erasure, _ACCOUNTS, rows.delete_piece(connection, table, gone))
    return {_ACCOUNTS: len(needed)} if needed else {}


def _prove(
    database: Database,
    erasure: int,
    wanted: PersonKeys,
    blanked: dict[str, int],
    cleared: BrokerCleared | None,
    now: datetime,
) -> ErasureReport:
    """Blot out what others' texts say of them, search everything, and keep what was found."""
    mended: dict[str, int] = {}
    with database.transaction() as connection:
        among = search.columns(connection)
        common = search.shared(connection, wanted.identifiers, among)
    sought = [one for one in wanted.identifiers if one not in common]
    for column in among:
        if column.may_be_mended:
            with _taking(database, erasure, now) as connection:
                changed = search.blot(connection, sought, column)
            if changed:
                mended[column.table] = mended.get(column.table, 0) + changed
    with database.transaction() as connection:
        deleted = dict(erasures.get(connection, erasure).removed)
        report = ErasureReport(
            deleted=deleted,
            blanked=blanked,
            kept=_kept(connection, wanted),
            mended=mended,
            left_rows=_left_rows(connection, wanted),
            left_texts=tuple(search.left(connection, sought, among)),
            searched=len(among),
            identifiers=len(wanted.identifiers),
            shared=len(common),
            others_at_home=wanted.others_at_home,
            retained_cleared=0 if cleared is None else cleared.cleared,
            retained_left=0 if cleared is None else cleared.left,
            is_broker_asked=cleared is not None,
        )
        sealed = replace(report, sha256=hashlib.sha256(msgspec.json.encode(report)).hexdigest())
        erasures.finish(connection, erasure, sealed, now)
    return sealed


def _kept(connection: Connection, wanted: PersonKeys) -> dict[str, int]:
    found = {
        one.name: rows.count(connection, one, wanted)
        for one in OF_RESIDENTS
        if one.when_erased is WhenErased.KEPT
    }
    return {name: number for name, number in found.items() if number}


def _left_rows(connection: Connection, wanted: PersonKeys) -> dict[str, int]:
    found = {
        one.name: rows.count(connection, one, wanted)
        for one in OF_RESIDENTS
        if one.when_erased is WhenErased.DELETED and one.name != _DRAFTS
    }
    return {name: number for name, number in found.items() if number}
