"""How many messages one person gets about one alert in a day, so that the next one is still read. Pure, as the policy is."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from core.domain.alert import Alert, Handling, NotificationKind, Severity
from core.domain.notification import SentMessages
from core.domain.people import Contact

# At most six messages to one person about one alert in 24 hours (our choice, from six days of a ward of 40: 387 messages about one SOS
# that nobody answered), and the end of it where "nobody is checking any more" had to be the sixth. A kind may be sent while fewer than this
# were; the last place is kept for the end, and one before it for "nobody is checking any more", so that nobody is left with "somebody is
# checking" when that is over, or with "nobody is" when she is well.
MOST = 6
DAY = timedelta(hours=24)
_FEWER_THAN = {
    NotificationKind.CLAIMED: 3,
    NotificationKind.REMINDER: 4,
    NotificationKind.OPENING: 5,
    NotificationKind.UNCLAIMED: 5,
    NotificationKind.CLEARED: MOST,
    NotificationKind.CLOSED: MOST,
}
_OPENING_BESIDE_A_CLAIM = 4
# Whoever was asked often and in vain must learn of the first who goes; and, if need be in the last place, that nobody does any more.
_FIRST_CLAIM = 5
_ENDS = frozenset({NotificationKind.CLEARED.value, NotificationKind.CLOSED.value})
# What must not wait and would reach nobody goes to those of the last step all the same, this often.
_NEVER_SILENT = timedelta(hours=1)


def is_allowed(
    kind: NotificationKind, alert: Alert, sent: SentMessages | None, *, is_above: bool = False
) -> bool:
    """Return whether one more message may go to a contact who got these.

    The limit is for people. A desk above the resident's office (`is_above`) is asked about an emergency for as long as nobody takes it on.
    """
    if sent is None:
        return True
    if is_above and alert.severity is Severity.EMERGENCY and kind is NotificationKind.REMINDER:
        return True
    if kind is NotificationKind.CLEARED and sent.last_kind in _ENDS:
        # Whoever knows of the end of what belongs together is not notified of another one.
        return False
    most = _FEWER_THAN[kind]
    if kind.value in _ENDS and sent.last_kind == NotificationKind.UNCLAIMED:
        # That took the place of the end, without which somebody waits for ever.
        most = MOST + 1
    if kind is NotificationKind.OPENING and alert.handling is Handling.CLAIMED:
        most = _OPENING_BESIDE_A_CLAIM
    if kind is NotificationKind.CLAIMED and not sent.claims:
        most = _FIRST_CLAIM
    if kind is NotificationKind.UNCLAIMED and sent.last_kind == NotificationKind.CLAIMED:
        most = MOST
    return sent.count < most


def knows_of_an_end(contact: int, sent: Mapping[int, SentMessages]) -> bool:
    """Return whether the last that a contact was sent is that it is over."""
    return contact in sent and sent[contact].last_kind in _ENDS


def next_in_turn(
    alert: Alert, contacts: Collection[int], sent: Mapping[int, SentMessages]
) -> tuple[int, ...]:
    """Return those of some contacts who may get one more reminder, whoever was sent nothing, or the last message longest ago, first."""
    room = [one for one in contacts if is_allowed(NotificationKind.REMINDER, alert, sent.get(one))]
    return tuple(
        sorted(room, key=lambda one: (one in sent, sent[one].last_at.timestamp() if one in sent else 0, one))
    )


def never_silent(
    alert: Alert,
    contacts: Sequence[Contact],
    wanted: Collection[int],
    sent: Mapping[int, SentMessages],
    now: datetime,
) -> frozenset[int]:
    """Return who is notified of what must not wait although they had their share, because it would reach nobody otherwise.

    Parameters
    ----------
    alert : Alert
        As it is now.
    contacts : sequence of Contact
        Everybody who could be notified.
    wanted : collection of int
        Whom the escalation wants to notify now, all of whom had their share.
    sent : mapping of int to SentMessages
        What each got in the last day.
    now : datetime
        The moment of the decision.
    """
    if alert.severity > Severity.CHECK_SOON or not wanted:
        return frozenset()
    last = max((one.step for one in contacts), default=0)
    return frozenset(
        one.number
        for one in contacts
        if one.step == last and (one.number not in sent or now - sent[one.number].last_at >= _NEVER_SILENT)
    )
