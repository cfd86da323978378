"""What is on record about claimed homes beside their readings: read for all of them at once, since each question costs a round trip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import NamedTuple

from core.domain.agreed.prompt import AskedFirst
from core.domain.alert import Subject, SubjectKind
from core.domain.geofence import Geofence
from core.domain.metrics import CALLS
from core.domain.planned_absence import Absence
from core.domain.rules import INACTIVITY
from core.logs import get_logger
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.detection.evaluation_queue import ActiveAlert, WatchedResident
from core.store.people import planned_absences as absences
from core.store.people.agreed import prompts
from core.store.telemetry import blind_times, metric_series, rule_windows
from core.store.telemetry.blind_times import BlindTime
from core.store.telemetry.metric_series import RuleInputs
from core.store.telemetry.rule_windows import DeviceLifeSigns, LinkRow
from detectors.engine import ward
from detectors.features.availability import Link
from detectors.features.window import SaidSafe
from detectors.rules.emergency_call import LONGEST_DELAY
from detectors.windows.loader import (
    ABSENCES_AHEAD,
    ABSENCES_BACK,
    BLIND_BACK,
    LATE,
    OCCUPANCIES,
    SERIES,
    WardView,
    lately_of,
)

# Late data are evaluated again up to this far back; what is older is only stored.
ALLOWED_LATENESS = timedelta(hours=48)
_STATUS_BACK = timedelta(hours=48)
# A silence is at most this long before it is all that is known of somebody: longer than any alert stays without an outcome.
_SAID_SAFE_BACK = timedelta(days=30)

_log = get_logger(__name__)


@dataclass(frozen=True)
class HomeRecord:
    """What is on record about one home.

    Attributes
    ----------
    people : sequence of WatchedResident
        Who lives there; the first stands for the home.
    since : mapping of int to datetime
        From when on each of them is to be evaluated.
    blind, area, door_blind : sequence of BlindTime
        When the home was out of contact, when its neighbourhood fell silent together, and when sensors at its entrance doors were silent.
    chattering : frozenset of int
        Which of its devices chattered when it was evaluated last.
    active : sequence of ActiveAlert
        What is active about them, the home and its devices.
    said_safe : mapping of int to sequence of SaidSafe
        When people said of silences of each resident that all is well, although they went on.
    asked_first : mapping of int to AskedFirst
        Who is asked before anybody else is notified.
    reported : frozenset of str
        Which of the metrics that are evaluated its devices ever reported.
    lately : callable
        Returns the life signs of residents that are looked at first, read for all homes that were claimed with it when first asked for.
    """

    home: int
    people: Sequence[WatchedResident]
    since: Mapping[int, datetime]
    ward: WardView
    blind: Sequence[BlindTime]
    area: Sequence[BlindTime]
    door_blind: Sequence[BlindTime]
    links: Sequence[Link]
    chattering: frozenset[int]
    active: Sequence[ActiveAlert]
    situations: Mapping[int, RuleInputs]
    fences: Mapping[int, Sequence[Geofence]]
    absences: Mapping[int, Sequence[Absence]]
    said_safe: Mapping[int, Sequence[SaidSafe]]
    asked_first: Mapping[int, AskedFirst]
    reported: frozenset[str]
    lately: Callable[[], Mapping[int, Sequence[DeviceLifeSigns]]]

    @property
    def evaluated_from(self) -> datetime:
        """From when on the home is to be evaluated."""
        return min(self.since.values())

    @property
    def calls(self) -> list[str]:
        """The kinds of calls for help that a device of the home ever reported, be it that all is well."""
        return [call for call in CALLS if call in self.reported]

    @property
    def has_series(self) -> bool:
        """Whether anything is measured that rules look at beside life signs and fixes."""
        return not self.reported.isdisjoint(SERIES)

    @property
    def has_occupancies(self) -> bool:
        """Whether a sensor says that somebody is there, whether or not they move."""
        return not self.reported.isdisjoint(OCCUPANCIES)

    @property
    def subjects(self) -> list[Subject]:
        """What its alerts may be about beside the residents themselves."""
        return [Subject.of_home(self.home), *self.devices]

    @property
    def devices(self) -> list[Subject]:
        """Its devices, as subjects of alerts."""
        return [Subject.of_device(one.device) for one in self.links]


def load_records(connection: Connection, homes: Sequence[int], until: datetime) -> dict[int, HomeRecord]:
    """Take the changes of claimed homes and return what is on record about each; a home where nobody lives has none.

    The changes are taken before anything else is read, so that what is stored later makes new ones.
    """
    changes = evaluation_queue.take_changes(connection, homes)
    everybody = evaluation_queue.watched_residents(connection, homes)
    since = {
        home: {one.number: _evaluate_from(one, changes.get(home)) for one in people}
        for home, people in everybody.items()
        if people
    }
    if not since:
        return {}
    everybody = _with_late(connection, everybody, changes, since, until)
    stored = _Stored(connection, since, until)
    records = {
        home: HomeRecord(
            home=home,
            people=everybody[home],
            since=of_people,
            ward=_seen_from(stored.ward, stored.begins[home] - BLIND_BACK),
            blind=stored.blind_of(home),
            area=stored.around(home, SubjectKind.AREA),
            door_blind=stored.around(home, SubjectKind.DEVICE),
            links=stored.links[home].links,
            chattering=stored.links[home].chattering,
            active=(),
            situations=stored.situations,
            fences={one: stored.fences_of(one) for one in of_people},
            absences={one: stored.absences_of(one) for one in of_people},
            said_safe={one: stored.said_safe_of(one) for one in of_people},
            asked_first=stored.asked_first,
            reported=frozenset(name for where, name in stored.reported if where == home),
            lately=stored.lately,
        )
        for home, of_people in since.items()
    }
    devices = [link.device for record in records.values() for link in record.links]
    active = evaluation_queue.active_alerts(connection, stored.people, list(records), devices)
    return {home: replace(record, active=_about(record, active)) for home, record in records.items()}


class _Stored:
    """What is stored about homes that are evaluated from some moments on, `since`, read for all of them at once."""

    def __init__(
        self, connection: Connection, since: Mapping[int, Mapping[int, datetime]], until: datetime
    ) -> None:
        self.begins = {home: min(of_people.values()) for home, of_people in since.items()}
        self.people = [number for of_people in since.values() for number in of_people]
        first = min(self.begins.values())
        self.ward = ward.view(connection, first - BLIND_BACK, until)
        self.links = _links(connection, self.begins, until)
        asked = (*CALLS, *SERIES, *OCCUPANCIES)
        self.reported = rule_windows.reported_metrics(connection, list(self.begins), asked)
        self.situations = metric_series.rule_inputs_of(connection, self.people)
        self._fences = rule_windows.geofences(connection, self.people)
        span = (first - ABSENCES_BACK, until + ABSENCES_AHEAD)
        self._absences = absences.of_residents(connection, self.people, *span)
        self._said_safe = evaluation_queue.said_safe(
            connection, self.people, INACTIVITY.name, first - _SAID_SAFE_BACK
        )
        self.asked_first = prompts.asked_first(connection, self.people, until)
        self.blind = blind_times.of_homes(connection, list(self.begins), first - BLIND_BACK, until)
        spans = {one: (home, begin) for home, of_people in since.items() for one, begin in of_people.items()}
        self.lately = cache(partial(lately_of, connection, spans, until))

    def blind_of(self, home: int) -> list[BlindTime]:
        """Return when a home itself was out of contact, as far as rules ask for it."""
        begins = self.begins[home]
        of_home = (one for one in self.blind[home] if one.subject.kind is SubjectKind.HOME)
        return [one for one in of_home if _lasts(one, begins)]

    def around(self, home: int, kind: SubjectKind) -> list[BlindTime]:
        """Return when something about a home was out of contact: its neighbourhood, or a sensor at an entrance door."""
        return [one for one in self.blind[home] if one.subject.kind is kind]

    def fences_of(self, resident: int) -> list[Geofence]:
        """Return the geofences of a resident."""
        return [one for one in self._fences if one.resident == resident]

    def said_safe_of(self, resident: int) -> list[SaidSafe]:
        """Return when people said of silences of a resident that all is well."""
        return [
            SaidSafe(one.began_at, one.said_at, by_resident=one.by_resident)
            for one in self._said_safe
            if one.resident == resident
        ]

    def absences_of(self, resident: int) -> list[Absence]:
        """Return the planned absences of a resident."""
        return [one for one in self._absences if one.resident == resident]


def _evaluate_from(resident: WatchedResident, changed_from: datetime | None) -> datetime:
    """Return from when on a resident must be evaluated: back to late data, as far as they reach."""
    since = resident.evaluated_through
    if changed_from is not None and changed_from <= since:
        oldest = since - ALLOWED_LATENESS
        if changed_from < oldest and resident.watched_from < oldest:
            _log.info("late_data_beyond_lateness", resident=resident.number)
        since = max(changed_from - timedelta(microseconds=1), oldest)
    return max(since, resident.watched_from)


def _with_late(
    connection: Connection,
    everybody: Mapping[int, list[WatchedResident]],
    changes: Mapping[int, datetime],
    since: Mapping[int, Mapping[int, datetime]],
    until: datetime,
) -> dict[int, list[WatchedResident]]:
    """Return the residents with how far back reaches what came late, now among it, and keep that."""
    found = dict(everybody)
    for home, changed_from in changes.items():
        of_people = since.get(home, {}).values()
        if not of_people or changed_from >= max(of_people) - LONGEST_DELAY - LATE:
            continue
        still_from = min(of_people) - 2 * LONGEST_DELAY
        evaluation_queue.note_late(connection, home, changed_from, until, still_from=still_from)
        found[home] = [
            replace(one, late_from=min(one.late_from or changed_from, changed_from), late_until=until)
            for one in everybody[home]
        ]
    return found


class _Links(NamedTuple):
    links: list[Link]
    chattering: frozenset[int]


def _links(connection: Connection, begins: Mapping[int, datetime], until: datetime) -> dict[int, _Links]:
    """Return the links to the devices of homes, with what they said since some time before each is evaluated."""
    said = rule_windows.statuses(
        connection, {home: since - _STATUS_BACK for home, since in begins.items()}, until
    )
    rows = rule_windows.links(connection, list(begins), until)
    return {
        home: _Links(
            [_link(row, said.get(row.device, [])) for row in of_home],
            frozenset(row.device for row in of_home if row.is_chattering),
        )
        for home, of_home in rows.items()
    }


def _link(row: LinkRow, status: Sequence[tuple[datetime, bool]]) -> Link:
    contacts = {one for one in (row.silent_since, row.last_contact_at) if one is not None}
    return Link(row.device, row.kind, row.place, row.heartbeat, tuple(sorted(contacts)), tuple(status))


def _seen_from(view: WardView, since: datetime) -> WardView:
    blind = tuple(one for one in view.blind if one.ended_at is None or one.ended_at > since)
    return replace(view, blind=blind)


def _lasts(blind: BlindTime, begins: datetime) -> bool:
    return blind.ended_at is None or blind.ended_at > begins - BLIND_BACK


def _about(record: HomeRecord, active: Sequence[ActiveAlert]) -> list[ActiveAlert]:
    subjects = set(record.subjects)
    return [one for one in active if one.resident in record.since or one.subject in subjects]
