"""The end of the watch over a resident, and its return."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from psycopg.rows import class_row

from core.domain.records.details import EndReason
from core.errors import ConflictError, NotFoundError
from core.store.alerts import answer_links, endings
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.people import watch_changes, weakenings
from core.store.people.records.stored_records import RESIDENT, Author, StaleRecordError, get
from core.store.people.watch_changes import Concerned, Watched
from core.store.queries import load

_WATCH_END = load("people/watch_end")
# Within it the watch goes on where it ended; later it begins anew, or the time between would be taken for a silence.
GOES_ON_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class Watch:
    """Whether a resident is watched, where, and with whom."""

    resident: int
    home: int
    others_at_home: int
    ended_at: datetime | None
    end_reason: str | None


@dataclass(frozen=True)
class WatchEnded:
    """What ended with the watch; `empty_home` is the home if nobody else is watched there."""

    alerts: int
    links: int
    empty_home: int | None


def watch_of(connection: Connection, resident: int) -> Watch:
    """Return whether a resident is watched, locked against other changes of it.

    Raises
    ------
    NotFoundError
        There is no such resident.
    """
    # Of two who are ended at one moment, the second must see that the first is.
    connection.execute(_WATCH_END["lock_home"], {"resident": resident})
    cursor = connection.cursor(row_factory=class_row(Watch))
    found = cursor.execute(_WATCH_END["watch"], {"resident": resident}).fetchone()
    if found is None:
        raise NotFoundError(f"there is no resident {resident}")
    return found


def end(
    connection: Connection, resident: int, *, reason: EndReason, note: str, version: int, by: Author
) -> WatchEnded:
    """End the watch: nothing more is evaluated or notified, open alerts are closed with `note`, links end, and so do pauses that wait.

    What has ended with the same reason stays as it is.

    Raises
    ------
    NotFoundError
        There is no such resident.
    ConflictError
        The watch has ended already, with another reason.
    EmergencyOpenError
        An emergency is not closed.
    StaleRecordError
        The resident changed since `version`.
    """
    # Whoever evaluates the home holds its first resident's row; they come first.
    evaluation_queue.end_watch(connection, resident)
    watch = watch_of(connection, resident)
    if watch.ended_at is not None:
        if watch.end_reason == reason:
            return WatchEnded(0, 0, None)
        raise ConflictError(f"the watch over resident {resident} has ended already")
    found = get(connection, RESIDENT, resident)
    values = {"resident": resident, "version": version, "now": by.now, "reason": reason}
    if not connection.execute(_WATCH_END["end"], values).rowcount:
        raise StaleRecordError(Watched.RESIDENT, found.version, found.values)
    empty_home = watch.home if watch.others_at_home == 0 else None
    alerts = endings.close_of_ended(connection, resident, empty_home, note=note, user=by.user, now=by.now)
    contacts = [row[0] for row in connection.execute(_WATCH_END["contacts"], {"resident": resident})]
    links = sum(answer_links.revoke(connection, contact, by.now) for contact in contacts)
    weakenings.end_with_watch(connection, resident, by.now)
    _note(connection, watch, replace(watch, ended_at=by.now, end_reason=reason.value), by)
    return WatchEnded(alerts, links, empty_home)


def resume(connection: Connection, resident: int, *, by: Author) -> None:
    """Watch a resident again: within a day from where it ended, later as somebody new; who is watched is watched on.

    Raises
    ------
    NotFoundError
        There is no such resident.
    """
    watch = watch_of(connection, resident)
    if watch.ended_at is None:
        return
    since = watch.ended_at if by.now - watch.ended_at <= GOES_ON_WITHIN else by.now
    values = {"resident": resident, "since": None if since == watch.ended_at else since}
    connection.execute(_WATCH_END["resume"], values)
    evaluation_queue.watch_from(connection, resident, since)
    _note(connection, watch, replace(watch, ended_at=None, end_reason=None), by)


def _note(connection: Connection, before: Watch, after: Watch, by: Author) -> None:
    watch_changes.record(
        connection,
        Concerned(resident=before.resident),
        Watched.RESIDENT,
        before={"end_reason": before.end_reason},
        after={"end_reason": after.end_reason},
        user=by.user,
        now=by.now,
    )
