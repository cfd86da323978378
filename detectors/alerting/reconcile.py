"""Brings alerts in line with what the rules found, in the transaction of the one who evaluated."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.alert import Alert, AlertKey, Condition, Finding, Handling
from core.domain.rules import ends_by_person
from core.store.alerts import episodes
from core.store.database import Connection


def reconcile(
    connection: Connection,
    resident: int | None,
    findings: Iterable[Finding],
    *,
    evaluated: Collection[AlertKey],
    until: datetime,
    now: datetime,
    anew_since: datetime | None = None,
) -> list[int]:
    """Turn the episodes found in a evaluated span into alerts; the same episodes again change nothing.

    A new episode opens an alert, or reactivates the unclosed one of its key. An episode with an end clears its alert. An alert
    whose episode should have been found again and was not is cleared as withdrawn: late data contradicted it. An SOS stays active
    until a person closes it. What had ended already is taken back without a word.

    Parameters
    ----------
    connection : Connection
        Inside the transaction that also moves `evaluated_through`.
    resident : int or None
        Whom new alerts are about; None for the whole ward.
    findings : iterable of Finding
        All episodes that were raised, or held at any time, in the span; also those that ended in it.
    evaluated : collection of AlertKey
        Every rule and subject that was evaluated over the whole span, whether or not anything was found. A rule that failed, or
        whose answer is unknown, is left out, and its alerts stay as they are.
    until : datetime
        The end of the span; what is known to have begun or ended later is left alone.
    now : datetime
        The service's time.
    anew_since : datetime or None
        Where the span begins, if some of it was evaluated before: late data may contradict what was found then.

    Returns
    -------
    list of int
        The numbers of the alerts that changed.
    """
    ordered = sorted(map(_as_raised, findings), key=lambda finding: (finding.raised_at, finding.began_at))
    of_people = {key for key in evaluated if not ends_by_person(key.rule)}
    changed: list[int] = []
    for key, alert in episodes.latest_alerts(connection, of_people).items():
        found = [finding for finding in ordered if finding.key == key]
        if _is_missing(alert, found, until):
            changed += _amend(connection, alert, found, until, now)
    for finding in episodes.without_overtaken(connection, ordered):
        number = episodes.open_or_update(connection, finding, resident, None, now, until=until)
        if number is not None:
            changed.append(number)
    if anew_since is not None:
        episodes.withdraw_unfound(connection, of_people, ordered, (anew_since, until), now)
    return list(dict.fromkeys(changed))


def _as_raised(finding: Finding) -> Finding:
    return replace(finding, cleared_at=None) if ends_by_person(finding.rule) else finding


def _is_missing(alert: Alert, found: Sequence[Finding], until: datetime) -> bool:
    """Return whether the alert's episode lies in the span and yet was not found in it."""
    if any(finding.began_at == alert.began_at for finding in found):
        return False
    return alert.condition is Condition.ACTIVE and alert.raised_at <= until and alert.began_at <= until


def _amend(
    connection: Connection, alert: Alert, found: Sequence[Finding], until: datetime, now: datetime
) -> list[int]:
    fresh = [finding for finding in found if not episodes.is_known(connection, finding)]
    if alert.handling is Handling.CLOSED:
        # Whoever closed it knew what was raised by then, whatever its beginning is now taken to be.
        settled = [finding for finding in fresh if alert.closed_at and finding.raised_at <= alert.closed_at]
        if settled:
            episodes.move(connection, alert, settled[-1], now)
        return []
    if fresh:
        episodes.move(connection, alert, fresh[-1], now)
    else:
        episodes.clear(connection, alert, min(until, now), now, was_withdrawn=True)
    return [alert.number]
