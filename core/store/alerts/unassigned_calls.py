"""Calls for help and hazards from devices that belong to nobody: not registered, at the wrong gateway, or in no home.

Ingest notes them, since their messages wait in quarantine or belong to no resident; the detectors notify the staff.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from core.domain.metrics import METRICS, SOS, CallPriority
from core.store.database import Connection
from core.store.queries import load
from core.store.storable_text import storable

_CALLS = load("alerts/unassigned_calls")
# Somebody who makes up buttons fills no table: beyond these the oldest is forgotten, of emergencies last.
MOST = 100
# Of one batch no more are kept, emergencies first.
_MOST_AT_ONCE = 20
_LONGEST = 200
_EMERGENCIES = [one.number for one in METRICS.values() if one.call is CallPriority.P1]
# Somebody in need presses again and again. A detector repeats itself until it says that it is over, each 20 minutes or so; in between it
# may say nothing (our choice, as for those that are registered).
_ONE_PRESS, _ONE_ALARM = timedelta(minutes=2), timedelta(hours=2)


@dataclass(slots=True)
class SaidCall:
    """What a batch says of one call of one sender.

    Attributes
    ----------
    sender : str
        Whose call it is.
    metric : int
        What is called: the number of one of `core.domain.metrics.CALLS`.
    why : str
        Why it belongs to nobody: unknown_device, wrong_gateway or in_no_home.
    began_at, last_at : datetime
        Its first and its last message.
    presses : int
        How many messages call; 0: it is only said to be over.
    was_over : bool
        It was said to be over before it came.
    is_over : bool
        It was said to be over after it came.
    """

    sender: str
    metric: int
    why: str
    began_at: datetime
    last_at: datetime
    presses: int = 0
    was_over: bool = False
    is_over: bool = False

    def add(self, at: datetime, *, is_raised: bool) -> None:
        """Add what a message says of it."""
        if not is_raised:
            self.is_over = True
            return
        if self.is_over or not self.presses:
            # What came before its end is another call; the later one counts.
            self.was_over, self.is_over = self.was_over or self.is_over, False
            self.began_at, self.presses = at, 0
        self.last_at = at
        self.presses += 1


@dataclass(frozen=True, slots=True)
class UnassignedCall:
    """A call of one sender: presses close together, or a detector until it says that it is over.

    `why` it belongs to nobody; `told_through` is the last message of which the staff were notified, None for none.
    """

    sender: str
    metric: int
    why: str
    began_at: datetime
    last_at: datetime
    presses: int
    told_through: datetime | None


def note(connection: Connection, calls: Iterable[SaidCall]) -> None:
    """Keep what a batch says of calls, one for each sender and metric."""
    # In order of their keys, or two workers with the same senders would wait for each other.
    found = dict(
        sorted(
            {(storable(call.sender)[:_LONGEST], call.metric): call for call in calls}.items(),
            key=lambda one: one[0],
        )
    )
    _end(connection, [key for key, call in found.items() if call.was_over])
    raised = {key: call for key, call in found.items() if call.presses}
    if raised:
        ordered = sorted(raised.items(), key=lambda one: one[1].metric not in _EMERGENCIES)
        _raise(connection, dict(sorted(ordered[:_MOST_AT_ONCE], key=lambda one: one[0])))
    _end(connection, [key for key, call in found.items() if call.is_over])


def since(connection: Connection, moment: datetime) -> list[UnassignedCall]:
    """Return the calls received after a moment, the latest first."""
    cursor = connection.cursor(row_factory=class_row(UnassignedCall))
    return cursor.execute(_CALLS["since"], {"since": moment}).fetchall()


def mark_notified(connection: Connection, calls: Iterable[UnassignedCall]) -> None:
    """Note through which message the staff were notified of calls."""
    known = sorted(calls, key=lambda one: (one.sender, one.metric))
    connection.execute(
        _CALLS["mark_notified"],
        {
            "sender": [call.sender for call in known],
            "metric": [call.metric for call in known],
            "told_through": [call.last_at for call in known],
        },
    )


def _raise(connection: Connection, found: Mapping[tuple[str, int], SaidCall]) -> None:
    calls = found.values()
    connection.execute(
        _CALLS["note"],
        {
            "sender": [sender for sender, _ in found],
            "metric": [metric for _, metric in found],
            "why": [call.why for call in calls],
            "began_at": [call.began_at for call in calls],
            "last_at": [call.last_at for call in calls],
            "presses": [call.presses for call in calls],
            "one_call": [_ONE_PRESS if call.metric == SOS.number else _ONE_ALARM for call in calls],
        },
    )
    connection.execute(_CALLS["forget"], {"most": MOST, "emergencies": _EMERGENCIES})


def _end(connection: Connection, keys: Collection[tuple[str, int]]) -> None:
    if keys:
        values = {"sender": [sender for sender, _ in keys], "metric": [metric for _, metric in keys]}
        connection.execute(_CALLS["end"], values)
