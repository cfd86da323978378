"""The usual places of a resident: learned once for each local day, from the 60 days before it, and kept for a week."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import numpy as np

from core.store import absences, judging, trackers, usuals
from core.store.database import Connection
from core.store.trackers import VisitSearch
from detectors.rules import geofence_exit, not_returned, usual_places, wandering
from detectors.rules.usual_places import CELL_DEG, DAYS, Places, Visits, learn_places
from detectors.rules.walk import WORST_ACCURACY_M
from detectors.rules.wall_clock import midnight
from detectors.usual import KEPT, REAL, Memory, Who, read_usual

NAME = "usual_places"
# Where somebody was lost, or driven to hospital, is no usual place.
_ALARMS = (geofence_exit.NAME, wandering.NAME, not_returned.NAME)


class PlacesBook:
    """The usual places of one resident, by local day; learns what is missing when it is asked for.

    Parameters
    ----------
    connection : Connection
        Inside the transaction of the one who judges.
    who : Who
        Whose they are.
    is_lead : bool
        Whether trackers that are nobody's own count.
    keeps : bool
        Whether what is learned is kept for others; if not, nothing is written.
    memory : Memory or None
        What was read for earlier judgings.
    """

    def __init__(
        self,
        connection: Connection,
        who: Who,
        *,
        is_lead: bool,
        keeps: bool = True,
        memory: Memory | None = None,
    ) -> None:
        self._connection = connection
        self._who = who
        self._is_lead = is_lead
        self._keeps = keeps
        self._memory = memory or Memory(0)
        self._known: dict[date, Places] = {}

    def on(self, day: date) -> Places:
        """Return what holds on a local day."""
        if day not in self._known:
            key = (self._who.resident, NAME, usual_places.VERSION, day)
            known = self._memory.find(key, lambda: read_usual(self._connection, *key, Places.from_json))
            self._known[day] = known or self._learn(day)
        return self._known[day]

    def _learn(self, day: date) -> Places:
        who = self._who
        until = midnight(who.zone, day)
        since = until - timedelta(days=DAYS)
        # A savepoint of its own: if this fails, the other rules go on in the same transaction.
        with self._connection.transaction():
            masked = list(self._masked(since, until))
            search = VisitSearch(who.home, who.zone, since, until, masked, WORST_ACCURACY_M, CELL_DEG)
            rows = trackers.visits(self._connection, who.resident, search, is_lead=self._is_lead)
            columns = np.array(rows, np.int64).reshape(-1, 5)
            found = learn_places(Visits(*(columns[:, number] for number in range(5))))
            if self._keeps:
                version = usual_places.VERSION
                body = found.to_json()
                judging.put_usual(self._connection, who.resident, NAME, version, day=day, body=body)
                usuals.forget(self._connection, who.resident, NAME, day - KEPT)
        return found

    def _masked(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Return the time that teaches nothing: planned absences, and alarms that turned out to be real."""
        outcomes = [one.value for one in REAL]
        for rule in _ALARMS:
            for began, ended in judging.real_alarms(
                self._connection, self._who.resident, rule, outcomes, since
            ):
                yield began, ended or until
        for one in absences.of_resident(self._connection, self._who.resident, since, until):
            yield from absences.spans(one, self._who.zone, since, until)
