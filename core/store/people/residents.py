"""Residents as people who look after them see them: state, last life sign, home, and who is notified."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import class_row, dict_row, kwargs_row

from core.domain.access_scope import AccessScope
from core.domain.alert import Severity
from core.domain.device import DeviceKind
from core.domain.evidence.presence import UNKNOWN_PRESENCE, Presence, PresenceReason, PresenceState
from core.domain.people import Contact, Home, Resident, WatchState
from core.domain.planned_absence import NO_END
from core.domain.records.details import EndReason
from core.errors import NotFoundError
from core.store.alerts.notifications import contact_from_columns
from core.store.database import Connection
from core.store.queries import load

_RESIDENTS = load("people/residents")
# More than one page of anything is fetched with a cursor; this bounds what one call may take.
_ALL = 100_000
_LATELY = timedelta(days=35)


@dataclass(frozen=True)
class ResidentOverview:
    """A resident with what a board or a list shows of them.

    Attributes
    ----------
    evaluated_state : WatchState
        What the last evaluation found; ask `state_at` for what may be said now.
    known_through : datetime or None
        Until when that is known: nobody evaluated the ward after it, or the resident was due then. None before the first evaluation.
    evaluated_presence : Presence
        Whether they are at home, as it was found then; ask `presence_at` for what may be said now.
    last_life_sign_at, last_life_sign_kind, last_life_sign_place
        The latest life sign in the home; None before the first.
    last_received_at : datetime or None
        Last contact of any device of the home.
    open_alerts : int
        Alerts about the person (not about equipment) that are not closed.
    worst : Severity or None
        The most urgent of them.
    ended_at, end_reason
        When and why the watch ended; None while it lasts.
    """

    number: int
    name: str
    kana: str
    born_on: date | None
    phone: str
    home: int
    office: int
    watched_from: datetime
    paused_from: datetime | None
    paused_until: datetime | None
    area: str
    zone: ZoneInfo
    office_name: str
    office_phone: str
    evaluated_state: WatchState
    state_since: datetime | None
    known_through: datetime | None
    evaluated_presence: Presence
    last_life_sign_at: datetime | None
    last_life_sign_kind: DeviceKind | None
    last_life_sign_place: str | None
    last_received_at: datetime | None
    open_alerts: int
    worst: Severity | None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None

    def is_paused(self, now: datetime) -> bool:
        """Return whether the watch rests at `now` (travel, hospital)."""
        return (
            self.paused_from is not None
            and self.paused_until is not None
            and self.paused_from <= now < self.paused_until
        )

    @property
    def pause_ends_at(self) -> datetime | None:
        """When the pause ends that holds or comes next; None where there is none, or where nobody knows."""
        return None if self.paused_until == NO_END else self.paused_until

    def state_at(self, known_since: datetime) -> WatchState:
        """Return the state, as long as it was evaluated at `known_since` or later; else it is unknown."""
        return self.evaluated_state if self._is_known(known_since) else WatchState.CANNOT_TELL

    def presence_at(self, known_since: datetime) -> Presence:
        """Return whether they are at home, as long as it was evaluated at `known_since` or later; else it is unknown."""
        return self.evaluated_presence if self._is_known(known_since) else UNKNOWN_PRESENCE

    def _is_known(self, known_since: datetime) -> bool:
        return self.known_through is not None and self.known_through >= known_since

    def age(self, now: datetime) -> int | None:
        """Return the age in full years on the day that `now` is in the home's zone."""
        if self.born_on is None:
            return None
        today = now.astimezone(self.zone).date()
        before_birthday = (today.month, today.day) < (self.born_on.month, self.born_on.day)
        return today.year - self.born_on.year - before_birthday


@dataclass(frozen=True)
class NamedResident:
    """A resident as a search looks at them."""

    number: int
    name: str
    kana: str
    home: int
    area: str


@dataclass(frozen=True)
class StateCounts:
    """How many residents of a scope are in each state; those with an open alert or a pause count only there."""

    with_alert: int
    as_usual: int
    different: int
    cannot_tell: int
    paused: int


def overviews(
    connection: Connection,
    scope: AccessScope,
    *,
    limit: int = _ALL,
    after: tuple[str, int] | None = None,
    ended: bool = False,
) -> list[ResidentOverview]:
    """Return the residents of a scope in the order of kana and number, those behind `after` (kana, number) only.

    With `ended` they are those who are watched no more.
    """
    return _overviews(connection, scope, limit=limit, after=after, ended=ended)


def some(
    connection: Connection, scope: AccessScope, numbers: Collection[int], *, ended: bool = False
) -> list[ResidentOverview]:
    """Return these residents of a scope, in the order of kana and number."""
    return [one for one in households(connection, scope, numbers, ended=ended) if one.number in numbers]


def households(
    connection: Connection, scope: AccessScope, numbers: Collection[int], *, ended: bool = False
) -> list[ResidentOverview]:
    """Return these residents of a scope and everybody who lives with them."""
    return _overviews(connection, scope, households=sorted(numbers), ended=ended) if numbers else []


def overview(connection: Connection, scope: AccessScope, resident: int) -> ResidentOverview:
    """Return one resident of a scope.

    Raises
    ------
    NotFoundError
        There is none of that number, or not in this scope.
    """
    found = _overviews(connection, scope, limit=1, resident=resident)
    if not found:
        raise _not_found(resident)
    return found[0]


def life_signs_known_by(connection: Connection, homes: Collection[int], now: datetime) -> dict[int, datetime]:
    """Return by when the last life sign of homes had happened, for those of which only the stretch of time is known.

    It began at `last_life_sign_at`: somebody acted while the connection was broken, and nobody knows when.
    """
    signs = dict(connection.execute(_RESIDENTS["last_signs"], {"homes": list(homes)}).fetchall())
    lately = {home: at for home, at in signs.items() if now - at <= _LATELY}
    found = _known_by(connection, lately, min(lately.values(), default=now), now + _LATELY)
    since, left = min(signs.values(), default=now), signs.keys() - lately
    while left and since < now:
        until = since + _LATELY
        # What a home has been silent for is looked through in pieces, and the locks on each go with it: they are few in the whole server.
        with connection.transaction(force_rollback=True):
            some = _known_by(connection, {home for home in left if signs[home] < until}, since, until)
        found |= some
        left -= some.keys()
        since = until
    return found


def _known_by(
    connection: Connection, homes: Collection[int], since: datetime, until: datetime
) -> dict[int, datetime]:
    if not homes:
        return {}
    values = {"homes": list(homes), "since": since, "until": until}
    rows = connection.cursor(row_factory=dict_row).execute(_RESIDENTS["life_signs_known_by"], values)
    return {row["home"]: row["known_by"] for row in rows}


def names(connection: Connection, scope: AccessScope, *, ended: bool = False) -> list[NamedResident]:
    """Return all residents of a scope with what a search looks in, in the order of kana and number."""
    cursor = connection.cursor(row_factory=class_row(NamedResident))
    return cursor.execute(_RESIDENTS["names"], {**_of(scope), "ended": ended}).fetchall()


def is_visible(connection: Connection, scope: AccessScope, resident: int) -> bool:
    """Return whether a resident is in a scope."""
    row = connection.execute(_RESIDENTS["visible"], {"resident": resident, **_of(scope)}).fetchone()
    return bool(row and row[0])


def visible_numbers(connection: Connection, scope: AccessScope) -> frozenset[int]:
    """Return the numbers of all residents in a scope."""
    rows = connection.execute(_RESIDENTS["visible_numbers"], _of(scope)).fetchall()
    return frozenset(row[0] for row in rows)


def counts(overviews: list[ResidentOverview], now: datetime, known_since: datetime) -> StateCounts:
    """Return how many of these residents are in each state; what was evaluated before `known_since` is not known any more."""
    tally: Counter[str] = Counter()
    for one in overviews:
        if one.open_alerts:
            tally["with_alert"] += 1
        elif one.is_paused(now):
            tally["paused"] += 1
        else:
            tally[one.state_at(known_since).value] += 1
    return StateCounts(
        tally["with_alert"], tally["as_usual"], tally["different"], tally["cannot_tell"], tally["paused"]
    )


def counts_in(
    connection: Connection, scope: AccessScope, now: datetime, known_since: datetime
) -> StateCounts:
    """Return the same as `counts` of all residents of a scope, counted in the database."""
    found = connection.cursor(row_factory=class_row(StateCounts)).execute(
        _RESIDENTS["state_counts"],
        {**_of(scope), "now": now, "known_since": known_since, "worst_severity": Severity.KEEP_AN_EYE},
    )
    return found.fetchone() or StateCounts(with_alert=0, as_usual=0, different=0, cannot_tell=0, paused=0)


def get(connection: Connection, resident: int) -> Resident:
    """Return one resident, without asking who wants to know.

    Raises
    ------
    NotFoundError
        There is none of that number.
    """
    cursor = connection.cursor(row_factory=class_row(Resident))
    found = cursor.execute(_RESIDENTS["resident"], {"resident": resident}).fetchone()
    if found is None:
        raise _not_found(resident)
    return found


def home_of(connection: Connection, resident: int) -> Home:
    """Return the home of a resident.

    Raises
    ------
    NotFoundError
        There is no resident of that number.
    """
    cursor = connection.cursor(row_factory=kwargs_row(_home))
    found = cursor.execute(_RESIDENTS["home"], {"resident": resident}).fetchone()
    if found is None:
        raise _not_found(resident)
    return found


def contacts(connection: Connection, resident: int) -> list[Contact]:
    """Return who is notified about a resident, in the order of the escalation, the office's centre included."""
    cursor = connection.cursor(row_factory=kwargs_row(contact_from_columns))
    return cursor.execute(_RESIDENTS["contacts"], {"resident": resident}).fetchall()


def contact(connection: Connection, number: int) -> Contact | None:
    """Return one contact, or None if there is none or they are no longer notified."""
    cursor = connection.cursor(row_factory=kwargs_row(contact_from_columns))
    return cursor.execute(_RESIDENTS["contact"], {"contact": number}).fetchone()


def _overviews(
    connection: Connection,
    scope: AccessScope,
    *,
    limit: int = _ALL,
    resident: int | None = None,
    households: list[int] | None = None,
    after: tuple[str, int] | None = None,
    ended: bool = False,
) -> list[ResidentOverview]:
    after_kana, after_number = after if after is not None else (None, None)
    cursor = connection.cursor(row_factory=kwargs_row(_overview))
    return cursor.execute(
        _RESIDENTS["overviews"],
        {
            **_of(scope),
            "resident": resident,
            "households": households,
            "after_kana": after_kana,
            "after": after_number,
            "ended": ended,
            "limit": limit,
            "worst_severity": Severity.KEEP_AN_EYE,
        },
    ).fetchall()


def _overview(
    *,
    zone: str,
    evaluated_state: str,
    presence_state: str,
    presence_reason: str,
    presence_since: datetime | None,
    presence_door_at: datetime | None,
    last_life_sign_kind: str | None,
    worst: int | None,
    end_reason: str | None,
    **columns: Any,
) -> ResidentOverview:
    return ResidentOverview(
        zone=ZoneInfo(zone),
        evaluated_state=WatchState(evaluated_state),
        evaluated_presence=Presence(
            PresenceState(presence_state), PresenceReason(presence_reason), presence_since, presence_door_at
        ),
        last_life_sign_kind=None if last_life_sign_kind is None else DeviceKind(last_life_sign_kind),
        worst=None if worst is None else Severity(worst),
        end_reason=None if end_reason is None else EndReason(end_reason),
        **columns,
    )


def _home(*, zone: str, **columns: Any) -> Home:
    return Home(zone=ZoneInfo(zone), **columns)


def _of(scope: AccessScope) -> dict[str, object]:
    return {"everything": scope.everything, "office": scope.office, "family_user": scope.family_user}


def _not_found(resident: int) -> NotFoundError:
    return NotFoundError(f"there is no resident {resident} that you may see")
