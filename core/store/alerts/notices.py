"""Messages that are about no alert: the outbox of what an office or a contact is to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.rows import class_row, kwargs_row
from psycopg.types.json import Jsonb

from core.domain.rules import RULES
from core.store.database import Connection
from core.store.queries import load

_NOTICES = load("alerts/notices")


class NoticeKind(StrEnum):
    """What a message that is about no alert says."""

    EVENING = "evening"
    """Who cannot be reached tonight."""
    EQUIPMENT = "equipment"
    """What is to be checked of the equipment, once a day."""
    WEAKENING = "weakening"
    """The watch of a resident became weaker."""
    SECOND_PERSON = "second_person"
    """A pause of the watch waits for somebody else to confirm it."""
    SECOND_PERSON_EXPIRED = "second_person_expired"
    """Nobody confirmed a pause in time: it does not begin."""
    STILL_AWAY = "still_away"
    """Does a stay in hospital whose end nobody knows go on?"""
    CHANNEL_TEST = "channel_test"
    """A test of one channel, which says nothing of anybody."""
    UNWATCHED = "unwatched"
    """From when until when nobody was evaluated, once that is over."""
    OUTAGE = "outage"
    """A neighbourhood or the whole ward is silent: nobody can tell how somebody is."""
    OUTAGE_OVER = "outage_over"
    """That is over."""
    DIGEST = "digest"
    """How somebody has been, for who chose to get it."""
    PREFERENCES = "preferences"
    """The link to a contact's own page."""
    PROMPT = "prompt"
    """Is the resident well? It goes to themself, before anybody else is notified of a silence."""
    DEAD_CHANNEL = "dead_channel"
    """A channel of a contact takes no messages any more."""


# What goes to very many people at once is sent after everything else; the summaries last, beside the monthly tests.
_FOR_MANY = [NoticeKind.OUTAGE, NoticeKind.OUTAGE_OVER]
_UNHURRIED = [NoticeKind.DIGEST]


@dataclass(frozen=True)
class Notice:
    """One message that a sender has taken; `body` holds the figures of its text, or the number of what it is about."""

    number: int
    contact: int
    kind: NoticeKind
    body: Mapping[str, Any]
    request_key: str
    created_at: datetime
    attempts: int


def add_for_centre(
    connection: Connection,
    office: int,
    kind: NoticeKind,
    *,
    key: str,
    body: Mapping[str, object],
    now: datetime,
) -> int:
    """Put one message for each contact of an office's centre into the outbox, once for each key, and return how many."""
    values = {"office": office, "kind": kind, "key": key, "body": Jsonb(dict(body)), "now": now}
    return connection.execute(_NOTICES["add_for_centre"], values).rowcount


@dataclass(frozen=True)
class OpenEquipment:
    """The open alerts of one rule about an office's equipment, and how many of them its last message about equipment did not name."""

    office: int
    rule: str
    alerts: Sequence[int]
    new: int


def equipment(connection: Connection, due_at: datetime) -> list[OpenEquipment]:
    """Return what each office had to check at a moment, of the rules that wait for the message due then; `due_at` carries the clock by which days count.

    Offices that had a message of that day have nothing to check.
    """
    waiting = [one for one in RULES.values() if one.at_once is not None]
    at_once = [(one.name, kind.value) for one in waiting for kind in one.at_once or ()]
    values = {
        "day": due_at.date().isoformat(),
        "due_at": due_at,
        "kind": NoticeKind.EQUIPMENT,
        "rules": [one.name for one in waiting],
        "at_once_rules": [rule for rule, _ in at_once],
        "at_once_kinds": [kind for _, kind in at_once],
    }
    cursor = connection.cursor(row_factory=class_row(OpenEquipment))
    return cursor.execute(_NOTICES["equipment"], values).fetchall()


def add(
    connection: Connection,
    due: Mapping[int, datetime],
    kind: NoticeKind,
    *,
    key: str,
    body: Mapping[str, object],
    now: datetime,
) -> None:
    """Put one message for each of some contacts, with when it is due, into the outbox, once for each key."""
    values = {
        "contacts": list(due),
        "due": list(due.values()),
        "kind": kind,
        "key": key,
        "body": Jsonb(dict(body)),
        "now": now,
    }
    connection.execute(_NOTICES["add"], values)


@dataclass(frozen=True)
class ChannelTest:
    """How the last test of a channel left: when it was taken, or when and why it was given up; all None while it waits."""

    channel: int
    sent_at: datetime | None
    given_up_at: datetime | None
    error: str | None


def channel_tests(connection: Connection, contact: int) -> dict[int, ChannelTest]:
    """Return how the last test of each channel of a contact left, by channel."""
    cursor = connection.cursor(row_factory=class_row(ChannelTest))
    values = {"contact": contact, "kind": NoticeKind.CHANNEL_TEST}
    return {one.channel: one for one in cursor.execute(_NOTICES["channel_tests"], values)}


def withdraw(connection: Connection, kind: NoticeKind, key: str, now: datetime) -> None:
    """Do not send what waits under a key: it has been done, or is no more."""
    connection.execute(_NOTICES["withdraw"], {"kind": kind, "key": key, "now": now})


def withdraw_about(connection: Connection, kind: NoticeKind, absence: int, now: datetime) -> None:
    """Do not send what waits about a planned absence: somebody answered."""
    connection.execute(_NOTICES["withdraw_about"], {"kind": kind, "absence": absence, "now": now})


def withdraw_test(connection: Connection, contact: int, channel: int, now: datetime) -> None:
    """Do not send a test of a contact's channel that waits: the address is another one."""
    values = {"contact": contact, "channel": channel, "kind": NoticeKind.CHANNEL_TEST, "now": now}
    connection.execute(_NOTICES["withdraw_test"], values)


def withdraw_of_resident(
    connection: Connection, kinds: Sequence[NoticeKind], resident: int, now: datetime
) -> None:
    """Do not send what waits of some kinds about a resident: the watch has ended."""
    values = {"kinds": [one.value for one in kinds], "resident": resident, "now": now}
    connection.execute(_NOTICES["withdraw_of_resident"], values)


def lease_one(
    connection: Connection,
    now: datetime,
    machine_now: datetime,
    until: datetime,
    *,
    is_hurried: bool = False,
) -> Notice | None:
    """Take the most urgent message that is due, until a moment of the machine's time; None if there is none.

    Who `is_hurried` takes nothing that goes to many at once.
    """
    values = {
        "now": now,
        "machine_now": machine_now,
        "lease_until": until,
        "is_hurried": is_hurried,
        "first": [NoticeKind.PROMPT],
        "for_many": [*_FOR_MANY, *_UNHURRIED],
        "unhurried": _UNHURRIED,
        "test": NoticeKind.CHANNEL_TEST,
    }
    cursor = connection.cursor(row_factory=kwargs_row(_notice))
    return cursor.execute(_NOTICES["lease_one"], values).fetchone()


def is_leased(connection: Connection, notice: int, lease_until: datetime) -> bool:
    """Return whether a message is still its sender's: nobody withdrew it, or took it over."""
    values = {"notice": notice, "lease_until": lease_until}
    return connection.execute(_NOTICES["is_leased"], values).fetchone() is not None


def finish(
    connection: Connection,
    notice: int,
    lease_until: datetime,
    *,
    sent_at: datetime | None = None,
    given_up_at: datetime | None = None,
    due_at: datetime | None = None,
    error: str | None = None,
) -> None:
    """Write how an attempt ended: sent, given up, or to be tried again at `due_at`."""
    connection.execute(
        _NOTICES["finish"],
        {
            "notice": notice,
            "lease_until": lease_until,
            "sent_at": sent_at,
            "given_up_at": given_up_at,
            "due_at": due_at,
            "error": error,
        },
    )


def _notice(*, kind: str, **columns: Any) -> Notice:
    return Notice(kind=NoticeKind(kind), **columns)
