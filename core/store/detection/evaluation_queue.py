"""Who is evaluated, how far, and when next."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import class_row, kwargs_row
from psycopg.types.json import Jsonb

from core.domain.alert import ELSEWHERE, AlertKey, Subject
from core.domain.evidence.presence import Presence
from core.domain.metrics import CONNECTIONS, CONTACT_OPEN, CONTACT_USED
from core.store import subjects
from core.store.database import Connection
from core.store.queries import load

_EVALUATION = load("detection/evaluation_queue")
# What a device says, or the broker for it, about being connected.
STATUS_METRICS = list(CONNECTIONS)
# What a sensor at an entrance door says when it is used.
_DOOR_METRICS = [CONTACT_OPEN.number, CONTACT_USED.number]


@dataclass(frozen=True)
class WatchedResident:
    """A resident as the runner needs them.

    `pause` is the planned absence (from, until), if there is one; `late_from` and `late_until` say how far back data reach that came
    late, and until when such came.
    """

    number: int
    watched_from: datetime
    pause: tuple[datetime, datetime] | None
    sensitivity: str
    evaluated_through: datetime
    state: str
    zone: ZoneInfo
    late_from: datetime | None = None
    late_until: datetime | None = None


@dataclass(frozen=True)
class ActiveAlert:
    """An alert that is active; `is_closed` if people have done with it all the same."""

    resident: int | None
    rule: str
    subject: Subject
    began_at: datetime
    is_closed: bool

    @property
    def key(self) -> AlertKey:
        """What it is about."""
        return AlertKey(self.rule, self.subject)


@dataclass(frozen=True)
class ClosedSilence:
    """People said at `said_at` that all is well, of a silence that was raised with the beginning `began_at` and went on.

    Or the resident did, who was asked before it was raised (`by_resident`).
    """

    resident: int
    began_at: datetime
    said_at: datetime
    by_resident: bool


@dataclass(frozen=True)
class Settled:
    """How far a resident was evaluated, `at` which moment, when the answer can change next, and what the board says.

    Until `due_at` changes are evaluated at once only if the resident `on_any_reading`, or new fixes if `on_any_fix`, a use of the door if
    `on_door`, any new life sign if `on_life_sign`; what else is new cannot change the answer before.
    """

    resident: int
    evaluated_through: datetime
    due_at: datetime
    on_any_reading: bool
    on_any_fix: bool
    on_door: bool
    on_life_sign: bool
    state: str
    presence: Presence
    failed_rule: str | None
    at: datetime


def said_safe(
    connection: Connection, residents: Sequence[int], rule: str, since: datetime
) -> list[ClosedSilence]:
    """Return when alerts of a rule about residents were closed since a moment although nothing had ended them, or residents answered in time.

    An outcome that says that the resident is elsewhere, or in the care of others, does not count.
    """
    cursor = connection.cursor(row_factory=class_row(ClosedSilence))
    values = {
        "residents": list(residents),
        "rule": rule,
        "since": since,
        "elsewhere": [one.value for one in ELSEWHERE],
    }
    return cursor.execute(_EVALUATION["said_safe"], values).fetchall()


def watermark(connection: Connection, grace: timedelta) -> datetime | None:
    """Return up to when everything received is stored; None if no ingest worker ever ran.

    Workers that have not reported for `grace` longer than the latest of them are taken to be gone.
    """
    row = connection.execute(_EVALUATION["watermark"], {"grace": grace}).fetchone()
    return row[0] if row else None


def add_evaluations(connection: Connection, until: datetime) -> int:
    """Watch every resident who is not watched yet, and the ward; return how many were added."""
    added = connection.execute(_EVALUATION["add_evaluations"], {"until": until}).rowcount
    connection.execute(_EVALUATION["drop_changes_of_empty_homes"])
    return added


def set_back(connection: Connection, until: datetime, latest: datetime) -> int:
    """Evaluate on from `until` whatever was evaluated beyond `latest`, by a clock that was set back since; return how many that are."""
    return connection.execute(_EVALUATION["set_back"], {"until": until, "latest": latest}).rowcount


def drop_idle_changes(connection: Connection, until: datetime) -> None:
    """Drop changes that cannot alter any answer before the deadline of its home."""
    values = {"until": until, "status_metrics": STATUS_METRICS, "door_metrics": _DOOR_METRICS}
    connection.execute(_EVALUATION["drop_idle_changes"], values)


def claim_urgent(connection: Connection, limit: int, but: Collection[int] = ()) -> list[int]:
    """Take up to `limit` homes with urgent changes, held until the transaction ends."""
    rows = connection.execute(_EVALUATION["claim_urgent"], {"limit": limit, "but": sorted(but)})
    return [row[0] for row in rows]


def claim_homes(connection: Connection, until: datetime, limit: int, but: Collection[int] = ()) -> list[int]:
    """Take up to `limit` homes with changes or a deadline, held until the transaction ends; only urgent ones if there are any.

    What is found becomes known with the end of the transaction, so nobody who calls for help waits for the others in it.
    """
    rows = connection.execute(
        _EVALUATION["claim_homes"], {"until": until, "limit": limit, "but": sorted(but)}
    ).fetchall()
    urgent = [home for home, is_urgent in rows if is_urgent]
    return urgent or [home for home, _ in rows]


def take_changes(connection: Connection, homes: Sequence[int]) -> dict[int, datetime]:
    """Take the changes of homes and return the earliest time they are about, for those that have any."""
    return dict(connection.execute(_EVALUATION["take_changes"], {"homes": list(homes)}).fetchall())


def watched_residents(connection: Connection, homes: Sequence[int]) -> dict[int, list[WatchedResident]]:
    """Return the residents of homes, locked."""
    found: dict[int, list[WatchedResident]] = {home: [] for home in homes}
    cursor = connection.cursor(row_factory=kwargs_row(_watched_resident))
    for home, resident in cursor.execute(_EVALUATION["watched_residents"], {"homes": list(homes)}):
        found[home].append(resident)
    return found


def note_late(
    connection: Connection, home: int, late_from: datetime, until: datetime, *, still_from: datetime
) -> None:
    """Keep how far back data of a home reach that came late until `until`; what came late before `still_from` is forgotten."""
    values = {"home": home, "late_from": late_from, "until": until, "still_from": still_from}
    connection.execute(_EVALUATION["note_late"], values)


def save(connection: Connection, settled: Sequence[Settled]) -> None:
    """Keep how far residents were evaluated, when the answer about each can change next, and what the board says."""
    if not settled:
        return
    connection.execute(
        _EVALUATION["save"],
        {
            "residents": [one.resident for one in settled],
            "evaluated_through": [one.evaluated_through for one in settled],
            "due_at": [one.due_at for one in settled],
            "on_any_reading": [one.on_any_reading for one in settled],
            "on_any_fix": [one.on_any_fix for one in settled],
            "on_door": [one.on_door for one in settled],
            "on_life_sign": [one.on_life_sign for one in settled],
            "state": [one.state for one in settled],
            "presence_state": [one.presence.state for one in settled],
            "presence_reason": [one.presence.reason for one in settled],
            "presence_since": [one.presence.since for one in settled],
            "presence_door_at": [one.presence.door_at for one in settled],
            "failed_rule": [one.failed_rule for one in settled],
            "at": [one.at for one in settled],
        },
    )


def postpone(
    connection: Connection,
    home: int,
    failed_rule: str,
    *,
    since: datetime,
    not_before: datetime,
    due_at: datetime,
    now: datetime,
) -> None:
    """Note that a home could not be evaluated from `since` on, to be tried again at `due_at`; what was before `not_before` is given up."""
    values = {
        "home": home,
        "failed_rule": failed_rule,
        "since": since,
        "not_before": not_before,
        "due_at": due_at,
        "now": now,
    }
    connection.execute(_EVALUATION["postpone"], values)


def evaluate_again(connection: Connection, resident: int) -> None:
    """Have a resident evaluated anew at once: something that is evaluated by was changed."""
    connection.execute(_EVALUATION["evaluate_again"], {"resident": resident})
    connection.execute(_EVALUATION["wake"])


def end_watch(connection: Connection, resident: int) -> None:
    """Evaluate a resident no more; an evaluation that runs at this moment comes first."""
    connection.execute(_EVALUATION["end_watch"], {"resident": resident})


def watch_from(connection: Connection, resident: int, since: datetime) -> None:
    """Evaluate a resident again, from a moment on."""
    connection.execute(_EVALUATION["watch_from"], {"resident": resident, "since": since})
    connection.execute(_EVALUATION["wake"])


def evaluate_everyone(connection: Connection) -> None:
    """Have all residents evaluated anew for whom nobody could tell: something that all are evaluated by has changed."""
    connection.execute(_EVALUATION["evaluate_everyone"])


def next_due(connection: Connection) -> datetime | None:
    """Return when the next deadline of a resident comes."""
    row = connection.execute(_EVALUATION["next_due"]).fetchone()
    return row[0] if row else None


def is_evaluated(connection: Connection, through: datetime) -> bool:
    """Return whether everything stored up to a time has been evaluated, so that a replay may go on."""
    row = connection.execute(_EVALUATION["is_evaluated"], {"through": through}).fetchone()
    return bool(row and row[0])


def claim_ward(connection: Connection, until: datetime) -> datetime | None:
    """Take the ward and return how far it was evaluated; None if another process has it or it was evaluated further."""
    row = connection.execute(_EVALUATION["claim_ward"], {"until": until}).fetchone()
    return row[0] if row else None


def save_ward(
    connection: Connection, rule: str, version: int, until: datetime, state: Mapping[str, Any]
) -> None:
    """Keep how far the ward was evaluated, and what the next evaluation needs."""
    connection.execute(_EVALUATION["save_ward"], {"until": until})
    keep_ward_state(connection, rule, version, until, state)


def keep_ward_state(
    connection: Connection, rule: str, version: int, until: datetime, state: Mapping[str, Any]
) -> None:
    """Keep what the next evaluation of a rule about the ward needs."""
    values = {"rule": rule, "version": version, "until": until, "state": Jsonb(dict(state))}
    connection.execute(_EVALUATION["put_ward_state"], values)


def note_ward_failure(connection: Connection, rule: str, now: datetime) -> None:
    """Note that the ward could not be evaluated; the next evaluation that works takes the note away."""
    connection.execute(_EVALUATION["note_ward_failure"], {"rule": rule, "now": now})


def ward_state(connection: Connection, rule: str, version: int) -> Mapping[str, Any]:
    """Return what the last evaluation of the ward left; empty at first."""
    row = connection.execute(_EVALUATION["ward_state"], {"rule": rule, "version": version}).fetchone()
    return row[0] if row else {}


def canary_last_contact(connection: Connection) -> tuple[datetime, int | None] | None:
    """Return the last contact of the canary that is silent for longest, and its heartbeat; None if there is no canary."""
    row = connection.execute(_EVALUATION["canary_last_contact"]).fetchone()
    return None if row is None else (row[0], row[1])


def confirmed_alarms(
    connection: Connection, resident: int, rule: str, outcomes: Sequence[str], since: datetime
) -> list[tuple[datetime, datetime | None]]:
    """Return the spans of a rule's alerts about a resident that ended with one of these outcomes."""
    rows = connection.execute(
        _EVALUATION["confirmed_alarms"],
        {"resident": resident, "rule": rule, "outcomes": list(outcomes), "since": since},
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


def active_alerts(
    connection: Connection, residents: Sequence[int], homes: Sequence[int] = (), devices: Sequence[int] = ()
) -> list[ActiveAlert]:
    """Return the alerts of residents, or about homes and devices, that are active; also those that people have closed."""
    values = {"residents": list(residents), "homes": list(homes), "devices": list(devices)}
    cursor = connection.cursor(row_factory=kwargs_row(_active_alert))
    return cursor.execute(_EVALUATION["active_alerts"], values).fetchall()


def closings(connection: Connection, resident: int, rule: str, since: datetime) -> list[datetime]:
    """Return when people closed a rule's alerts about a resident, after `since`."""
    rows = connection.execute(_EVALUATION["closings"], {"resident": resident, "rule": rule, "since": since})
    return [row[0] for row in rows.fetchall()]


def _active_alert(*, subject_kind: str, subject_number: int, area: str | None, **columns: Any) -> ActiveAlert:
    return ActiveAlert(subject=subjects.from_columns(subject_kind, subject_number, area), **columns)


def _watched_resident(
    *, home: int, zone: str, paused_from: datetime | None, paused_until: datetime | None, **columns: Any
) -> tuple[int, WatchedResident]:
    pause = None if paused_from is None or paused_until is None else (paused_from, paused_until)
    return home, WatchedResident(pause=pause, zone=ZoneInfo(zone), **columns)
