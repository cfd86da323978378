"""One home while it is evaluated: over which span, what is on record about it, and which of its alerts are active."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.alert import AlertKey, Finding
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.detection.evaluation_queue import ActiveAlert, Settled, WatchedResident
from detectors.alerting.reconcile import reconcile
from detectors.engine.home_records import HomeRecord


@dataclass(frozen=True)
class HomeSpan:
    """What the scheduler asks for: a home, up to when, and by which clock.

    `slack` is the least time that counts as silence of equipment.
    """

    home: int
    until: datetime
    now: datetime
    slack: timedelta


class HomeContext:
    """One home while it is evaluated.

    Parameters
    ----------
    connection : Connection
        Inside the transaction that holds the claim on the home and took its changes.
    span : HomeSpan
        What to evaluate.
    record : HomeRecord
        What is on record about the home.

    Attributes
    ----------
    settled : list of Settled
        How far its residents were evaluated, to be kept by whoever evaluates the home.
    """

    def __init__(self, connection: Connection, span: HomeSpan, record: HomeRecord) -> None:
        self.connection = connection
        self.span = span
        self.record = record
        self.settled: list[Settled] = []
        self._known_active: Sequence[ActiveAlert] | None = record.active

    @property
    def lead(self) -> WatchedResident:
        """Who stands for the home: its equipment, and devices that are nobody's own, are evaluated with them.

        Who is watched longest: somebody who is going to be watched takes nothing over, neither before nor when it begins.
        """
        return min(self.record.people, key=lambda one: one.watched_from)

    @property
    def watched(self) -> list[WatchedResident]:
        """Who is watched by the end of the span."""
        return [one for one in self.record.people if one.watched_from < self.span.until]

    def is_lead(self, resident: WatchedResident) -> bool:
        """Return whether a resident stands for the home."""
        return resident.number == self.lead.number

    def since(self, resident: WatchedResident) -> datetime:
        """Return from when on a resident is evaluated."""
        return self.record.since[resident.number]

    def active(self, resident: WatchedResident, rule: str | None = None) -> list[ActiveAlert]:
        """Return what is active about a resident and nobody has closed, of one rule or all."""
        return [
            one
            for one in self._active()
            if one.resident == resident.number and not one.is_closed and rule in {None, one.rule}
        ]

    def active_keys(self, resident: WatchedResident, rule: str) -> set[AlertKey]:
        """Return which alerts of a rule are active about a resident and nobody has closed."""
        return {one.key for one in self.active(resident, rule)}

    def reconcile(
        self,
        resident: WatchedResident,
        findings: Sequence[Finding],
        evaluated: set[AlertKey],
        anew_since: datetime | None = None,
    ) -> None:
        """Bring the alerts about a resident in line with what was found in the span; see `reconcile`."""
        active = (one.key for one in self._active())
        if not findings and anew_since is None and evaluated.isdisjoint(active):
            return  # Nothing to raise and nothing to end, as nearly always.
        self._known_active = None
        reconcile(
            self.connection,
            resident.number,
            findings,
            evaluated=evaluated,
            until=self.span.until,
            now=self.span.now,
            anew_since=anew_since,
        )

    def _active(self) -> Sequence[ActiveAlert]:
        if self._known_active is None:
            residents = [one.number for one in self.record.people]
            self._known_active = evaluation_queue.active_alerts(
                self.connection, residents, [self.record.home], [one.device for one in self.record.links]
            )
        return self._known_active
