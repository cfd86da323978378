"""Alerts about one walk speak with one voice: of those that belong together one leads, and only it notifies people. Pure, as the policy is."""

from collections.abc import Iterable, Sequence

from core.domain.alert import CALLS_TO_ACT, Alert, Condition, Handling, NotificationKind
from core.domain.rules import JOINS_WITHIN


def leading(alert: Alert, companions: Sequence[Alert]) -> Alert | None:
    """Return the alert that notifies people in place of this one; None if it does so itself.

    Parameters
    ----------
    alert : Alert
        As it is now.
    companions : sequence of Alert
        The other alerts that belong together with it: about the same resident, not closed, and holding.
    """
    before = [other for other in companions if _leads(other, alert)]
    return min(before, key=lambda one: (one.severity, one.number), default=None)


def led_by(alert: Alert, companions: Sequence[Alert]) -> list[Alert]:
    """Return the companions that this alert notifies in place of."""
    return [one for one in companions if _leads(alert, one)]


def set_free(gone: Alert, companions: Sequence[Alert]) -> list[Alert]:
    """Return who has to notify people for themselves, now that an alert is over that notified in their place."""
    return [one for one in companions if _leads(gone, one) and leading(one, _others(one, companions)) is None]


def is_on(alert: Alert) -> bool:
    """Return whether an alert may lead, or be led: it holds and nobody has closed it."""
    return alert.condition is Condition.ACTIVE and alert.handling is not Handling.CLOSED


def is_wanted(kind: NotificationKind, alert: Alert, companions: Sequence[Alert]) -> bool:
    """Return whether a planned message is still this alert's to send, and no end is reported while something goes on."""
    if kind in {NotificationKind.CLEARED, NotificationKind.CLOSED}:
        return not companions
    return kind not in CALLS_TO_ACT or leading(alert, companions) is None


def _leads(one: Alert, other: Alert) -> bool:
    if one.severity < other.severity:
        return True
    is_first = (one.opened_at, one.number) < (other.opened_at, other.number)
    return one.severity == other.severity and is_first and other.opened_at - one.opened_at < JOINS_WITHIN


def _others(alert: Alert, companions: Iterable[Alert]) -> list[Alert]:
    return [one for one in companions if one.number != alert.number]
