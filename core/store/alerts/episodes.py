"""From episodes to alerts: opening, reactivating and clearing, so that evaluating the same data again changes nothing.

An episode is known by its rule, subject and beginning. Each belongs to one alert; an alert that nobody has closed takes further
episodes of its key, and then is about the latest of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from psycopg.types.json import Jsonb

from core.domain.alert import Alert, AlertKey, Condition, EventKind, Finding, Handling, SubjectKind
from core.store import subjects
from core.store.alerts import alerts, events
from core.store.database import Connection
from core.store.queries import load

_ALERTS = load("alerts/alerts")
_EPISODES = load("alerts/episodes")

# What was raised longer ago than this when it was first seen is notified as "happened then, seen only now".
DETECTED_LATE_AFTER = timedelta(minutes=10)
# Fewer are looked up one by one as fast.
_MANY = 2


def latest_alerts(connection: Connection, keys: Collection[AlertKey]) -> dict[AlertKey, Alert]:
    """Return the newest alert of each key, closed or not, where there is one."""
    found = alerts.cursor(connection).execute(_EPISODES["latest"], _listed(keys))
    return {alert.key: alert for alert in found}


def is_known(connection: Connection, finding: Finding) -> bool:
    """Return whether this episode already belongs to an alert."""
    return _find(connection, finding) is not None


def without_overtaken(connection: Connection, findings: Sequence[Finding]) -> list[Finding]:
    """Return those of some episodes that may change an alert.

    One that goes on, and whose alert somebody closed or that is about a later episode by now, changes nothing. Who presses a button a hundred
    times has a hundred of them.
    """
    if len(findings) < _MANY:
        return list(findings)
    keys = {
        "rules": [one.rule for one in findings],
        **subjects.arrays([one.subject for one in findings]),
        "began": [one.began_at for one in findings],
    }
    overtaken = {int(place) for (place,) in connection.execute(_EPISODES["overtaken"], keys)}
    return [one for place, one in enumerate(findings) if one.cleared_at is not None or place not in overtaken]


def open_or_update(
    connection: Connection,
    finding: Finding,
    resident: int | None,
    office: int | None,
    now: datetime,
    *,
    until: datetime | None = None,
) -> int | None:
    """Bring the alerts in line with one episode.

    Parameters
    ----------
    connection : Connection
        Inside the caller's transaction.
    finding : Finding
        The episode as it is evaluated now.
    resident, office : int or None
        Whom a new alert is about; without an office it is the resident's; without both it is the whole ward's.
    now : datetime
        The service's time.
    until : datetime or None
        Up to where was evaluated. An end that is already known to lie later is not taken back.

    Returns
    -------
    int or None
        The alert that changed; None if the episode brought nothing new.
    """
    known = _find(connection, finding)
    if known is None:
        return _add(connection, finding, resident, office, now)
    alert = _hold(connection, known[0])
    if alert.handling is Handling.CLOSED or alert.began_at != finding.began_at:
        # Handled, or overtaken by a later episode: only the record of this one is kept right.
        if finding.cleared_at is not None:
            _end_silently(connection, alert, finding, finding.cleared_at)
        return None
    return _follow(connection, alert, finding, now, until)


def clear(
    connection: Connection, alert: Alert, cleared_at: datetime, now: datetime, *, was_withdrawn: bool = False
) -> None:
    """Mark an alert as no longer holding: it ended, or (`was_withdrawn`) late data show that it never was so."""
    connection.execute(_EPISODES["clear"], {"alert": alert.number, "cleared_at": cleared_at})
    if was_withdrawn:
        _withdraw(connection, alert, now)
    detail = {"cleared_at": cleared_at.isoformat(), **({"withdrawn": True} if was_withdrawn else {})}
    events.record(connection, alert.number, EventKind.CLEARED, now, detail=detail)


def move(connection: Connection, alert: Alert, finding: Finding, now: datetime) -> None:
    """Let an alert follow an episode that late data gave another beginning; nobody needs to be notified anew."""
    alert = _hold(connection, alert.number)
    _withdraw(connection, alert, now)
    _show(connection, alert, finding, alert.seen_at, detected_late=alert.detected_late)
    detail = {"began_at": finding.began_at.isoformat(), "instead_of": alert.began_at.isoformat()}
    events.record(connection, alert.number, EventKind.AMENDED, now, detail=detail, planned_at=now)
    if finding.cleared_at is not None and alert.handling is not Handling.CLOSED:
        _record_end(connection, alert.number, finding.cleared_at, now)


def extend_reason(connection: Connection, number: int, reason: Mapping[str, object]) -> None:
    """Let an alert say more of why: further episodes of it hold something that the first did not."""
    connection.execute(_EPISODES["extend_reason"], {"alert": number, "reason": Jsonb(dict(reason))})


def withdraw_unfound(
    connection: Connection,
    keys: Collection[AlertKey],
    found: Sequence[Finding],
    span: tuple[datetime, datetime],
    now: datetime,
) -> None:
    """Take back what had ended already and was raised in a span (since, until] that was evaluated anew without finding it.

    Nobody is notified: it is over, and who was notified of it was notified of its end.
    """
    since, until = span
    excused = subjects.arrays([one.subject for one in found])
    rows = connection.execute(
        _EPISODES["withdraw_unfound"],
        {
            **_listed(keys),
            "found_rules": [one.rule for one in found],
            "found_kinds": excused["subject_kinds"],
            "found_numbers": excused["subject_numbers"],
            "found_areas": excused["areas"],
            "found_began": [one.began_at for one in found],
            "since": since,
            "until": until,
            "now": now,
        },
    ).fetchall()
    for number, began_at in rows:
        detail = {"began_at": began_at.isoformat(), "withdrawn": True}
        events.record(connection, number, EventKind.AMENDED, now, detail=detail, planned_at=now)


def _add(
    connection: Connection, finding: Finding, resident: int | None, office: int | None, now: datetime
) -> int:
    number = _open(connection, finding, resident, office, now)
    if number is not None:
        return number
    row = connection.execute(
        _EPISODES["unclosed"], {"rule": finding.rule, **subjects.columns(finding.subject)}
    ).fetchone()
    if row is None:
        # Closed between the two statements: now a new one can be opened.
        return _add(connection, finding, resident, office, now)
    alert = alerts.get(connection, row[0])
    began = {"began_at": finding.began_at.isoformat()}
    if finding.raised_at < alert.raised_at and finding.severity >= alert.severity:
        # Found only after a later episode of the same alert: recorded, but there is nobody to wake.
        _put(connection, finding, alert.number)
        events.record(connection, alert.number, EventKind.AMENDED, now, detail=began, planned_at=now)
    elif alert.condition is Condition.ACTIVE:
        _repeat(connection, alert, finding, now)
    else:
        _reactivate(connection, alert, finding, now)
    return alert.number


def _open(
    connection: Connection, finding: Finding, resident: int | None, office: int | None, now: datetime
) -> int | None:
    detected_late = _is_late(finding, now)
    row = connection.execute(
        _EPISODES["open"],
        {
            **_columns(finding, detected_late=detected_late),
            # Who is the subject is also whose alert it is.
            "resident": finding.subject.number if finding.subject.kind is SubjectKind.RESIDENT else resident,
            "office": office,
            "now": now,
        },
    ).fetchone()
    if row is None:
        return None
    number: int = row[0]
    _put(connection, finding, number)
    events.record(
        connection, number, EventKind.OPENED, now, detail={"seen_late": True} if detected_late else {}
    )
    if finding.cleared_at is not None:
        _record_end(connection, number, finding.cleared_at, now)
    return number


def _end_silently(connection: Connection, alert: Alert, finding: Finding, cleared_at: datetime) -> None:
    _put(connection, finding, alert.number)
    if alert.began_at == finding.began_at and alert.condition is Condition.ACTIVE:
        connection.execute(_EPISODES["clear"], {"alert": alert.number, "cleared_at": cleared_at})


def _follow(
    connection: Connection, alert: Alert, finding: Finding, now: datetime, until: datetime | None
) -> int | None:
    was_changed = False
    if finding.severity < alert.severity:
        connection.execute(
            _EPISODES["raise_severity"],
            {"alert": alert.number, "severity": finding.severity, "reason": Jsonb(dict(finding.reason))},
        )
        connection.execute(_EPISODES["wake"], {"alert": alert.number})
        detail = {"from": int(alert.severity), "to": int(finding.severity)}
        events.record(connection, alert.number, EventKind.SEVERITY_RAISED, now, detail=detail)
        was_changed = True
    if finding.cleared_at is not None:
        _put(connection, finding, alert.number)
        if alert.condition is Condition.ACTIVE:
            clear(connection, alert, finding.cleared_at, now)
            was_changed = True
    elif alert.cleared_at is not None and (until is None or alert.cleared_at <= until):
        _reactivate(connection, alert, finding, now)
        was_changed = True
    return alert.number if was_changed else None


def _reactivate(connection: Connection, alert: Alert, finding: Finding, now: datetime) -> None:
    detected_late = _is_late(finding, now)
    _show(connection, alert, finding, now, detected_late=detected_late)
    detail = {"began_at": finding.began_at.isoformat(), **({"seen_late": True} if detected_late else {})}
    events.record(connection, alert.number, EventKind.REACTIVATED, now, detail=detail)
    if finding.cleared_at is not None:
        _record_end(connection, alert.number, finding.cleared_at, now)


def _repeat(connection: Connection, alert: Alert, finding: Finding, now: datetime) -> None:
    """Let an alert that holds be about its further episode: no less urgent than before, and known to be another one."""
    severity = min(alert.severity, finding.severity)
    detected_late = _is_late(finding, now)
    _show(connection, alert, replace(finding, severity=severity), now, detected_late=detected_late)
    connection.execute(_EPISODES["wake"], {"alert": alert.number})
    detail = {"began_at": finding.began_at.isoformat(), **({"seen_late": True} if detected_late else {})}
    if severity < alert.severity:
        detail |= {"from": int(alert.severity), "to": int(severity)}
        events.record(connection, alert.number, EventKind.SEVERITY_RAISED, now, detail=detail)
    else:
        events.record(connection, alert.number, EventKind.REPEATED, now, detail=detail)
    if finding.cleared_at is not None:
        _record_end(connection, alert.number, finding.cleared_at, now)


def _show(
    connection: Connection, alert: Alert, finding: Finding, seen_at: datetime, *, detected_late: bool
) -> None:
    _put(connection, finding, alert.number)
    connection.execute(
        _EPISODES["show_episode"],
        {**_columns(finding, detected_late=detected_late), "alert": alert.number, "now": seen_at},
    )


def _record_end(connection: Connection, number: int, cleared_at: datetime, now: datetime) -> None:
    events.record(connection, number, EventKind.CLEARED, now, detail={"cleared_at": cleared_at.isoformat()})


def _find(connection: Connection, finding: Finding) -> tuple[int, datetime | None] | None:
    return connection.execute(
        _EPISODES["find"],
        {"rule": finding.rule, **subjects.columns(finding.subject), "began_at": finding.began_at},
    ).fetchone()


def _hold(connection: Connection, number: int) -> Alert:
    connection.execute(_ALERTS["hold"], {"alert": number})
    return alerts.get(connection, number)


def _put(connection: Connection, finding: Finding, number: int) -> None:
    connection.execute(_EPISODES["put"], {**_columns(finding, detected_late=False), "alert": number})


def _withdraw(connection: Connection, alert: Alert, now: datetime) -> None:
    connection.execute(
        _EPISODES["withdraw"],
        {"alert": alert.number, "began_at": alert.began_at, "now": now},
    )


def _is_late(finding: Finding, now: datetime) -> bool:
    return finding.cleared_at is not None or now - finding.raised_at > DETECTED_LATE_AFTER


def _listed(keys: Collection[AlertKey]) -> Mapping[str, object]:
    ordered = sorted(keys)
    return {
        "rules": [one.rule for one in ordered],
        **subjects.arrays([one.subject for one in ordered]),
    }


def _columns(finding: Finding, *, detected_late: bool) -> Mapping[str, object]:
    return {
        "rule": finding.rule,
        **subjects.columns(finding.subject),
        "severity": int(finding.severity),
        "condition": Condition.ACTIVE if finding.cleared_at is None else Condition.CLEARED,
        "began_at": finding.began_at,
        "raised_at": finding.raised_at,
        "cleared_at": finding.cleared_at,
        "detected_late": detected_late,
        "reason": Jsonb(dict(finding.reason)),
    }
