"""Calls for help and hazards from devices that belong to nobody: not registered, at the wrong gateway, or in no home.

Ingest notes them, since their messages wait in quarantine or belong to no resident; the detectors notify the staff.
"""

from collections.abc import Iterable, Mapping
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
# Of one batch no more are kept, emergencies first; of those that are only over no more than are kept at all.
_MOST_AT_ONCE, _MOST_ENDED_AT_ONCE = 20, MOST
_SHORTEST = timedelta(microseconds=1)
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
    over_before, over_after : datetime or None
        When it was last said to be over before the first of these messages, and after the last.
    """

    sender: str
    metric: int
    why: str
    began_at: datetime
    last_at: datetime
    presses: int = 0
    over_before: datetime | None = None
    over_after: datetime | None = None

    def add(self, at: datetime, *, is_raised: bool) -> None:
        """Add what a message says of it."""
        if not is_raised:
            self.over_after = at if self.over_after is None else max(at, self.over_after)
            return
        if self.over_after is not None or not self.presses:
            # What came before its end is another call; the later one counts. Messages that were received together have one time.
            if self.over_after is not None:
                self.over_before = min(self.over_after, at - _SHORTEST)
            self.over_after = None
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
    found = {(storable(call.sender)[:_LONGEST], call.metric): call for call in calls}
    keys = _kept(found)
    if not keys:
        return
    connection.execute(_CALLS["note"], _columns(keys) | _values([found[key] for key in keys]))
    both = [key for key in keys if found[key].over_before and found[key].over_after]
    if both:
        over_at = [found[key].over_after for key in both]
        connection.execute(_CALLS["end"], _columns(both) | {"over_at": over_at})
    connection.execute(_CALLS["forget"], {"most": MOST, "emergencies": _EMERGENCIES})


def _kept(found: Mapping[tuple[str, int], SaidCall]) -> list[tuple[str, int]]:
    """Return the keys of what is kept of a batch, in their order, or two workers with the same senders would wait for each other."""
    raised = [key for key, call in found.items() if call.presses]
    raised.sort(key=lambda key: (found[key].metric not in _EMERGENCIES, key))
    ended = sorted(key for key, call in found.items() if not call.presses)
    return sorted([*raised[:_MOST_AT_ONCE], *ended[:_MOST_ENDED_AT_ONCE]])


def _values(calls: list[SaidCall]) -> dict[str, object]:
    return {
        "why": [call.why for call in calls],
        "began_at": [call.began_at for call in calls],
        "last_at": [call.last_at for call in calls],
        "presses": [call.presses for call in calls],
        "one_call": [_ONE_PRESS if call.metric == SOS.number else _ONE_ALARM for call in calls],
        "over_at": [call.over_before or call.over_after for call in calls],
    }


def _columns(keys: Iterable[tuple[str, int]]) -> dict[str, object]:
    known = list(keys)
    return {"sender": [sender for sender, _ in known], "metric": [metric for _, metric in known]}


def since(connection: Connection, moment: datetime) -> list[UnassignedCall]:
    """Return the calls received after a moment, the latest first."""
    cursor = connection.cursor(row_factory=class_row(UnassignedCall))
    return cursor.execute(_CALLS["since"], {"since": moment}).fetchall()


def mark_notified(connection: Connection, calls: Iterable[UnassignedCall]) -> None:
    """Note through which message the staff were notified of calls."""
    known = sorted(calls, key=lambda one: (one.sender, one.metric))
    keys = [(call.sender, call.metric) for call in known]
    connection.execute(
        _CALLS["mark_notified"], {**_columns(keys), "told_through": [call.last_at for call in known]}
    )
