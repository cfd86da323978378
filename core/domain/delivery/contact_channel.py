"""The ways in which a contact is reached, in their order, and what an address of each kind looks like."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from core.domain.delivery import telephone
from core.domain.people import Channel, Language

STAFF_ONLY = frozenset({Channel.SLACK, Channel.TEAMS, Channel.MATTERMOST, Channel.NTFY, Channel.APPRISE})
"""Chats of an office: never a family's, since the many who read them are not the resident's contacts."""

SEALED = STAFF_ONLY | {Channel.WEBHOOK}
"""Kinds whose address lets anybody who knows it write there; it is stored encrypted, and lists show its host only."""

CONFIRMED_ONLY = frozenset({Channel.LINE, Channel.SMS, Channel.VOICE})
"""Kinds that are never used before somebody confirmed the address: a mistyped number belongs to a stranger."""

TESTABLE = frozenset(Channel) - {Channel.VOICE, Channel.WEBHOOK}
"""Kinds on which a test can be answered: a call reads no link aloud, and a program presses none."""

TEST_PAUSE = timedelta(minutes=5)
"""A second test of a channel waits so long: the first is still on its way."""

_MAIL = re.compile(r"[^@\s,;<>()\"']{1,64}@[^@\s,;<>()\"']{1,255}\Z")
_LINE_USER = re.compile(r"U[0-9a-f]{32}\Z")
_INTERNATIONAL = re.compile(r"\+[1-9]\d{7,14}\Z")
_JAPANESE = re.compile(r"0\d{9,10}\Z")
# 060, 070, 080 and 090 are mobiles; a message to a fixed line arrives nowhere.
_JAPANESE_MOBILE = re.compile(r"\+81[6-9]0\d{8}\Z")


class UnusableAddressError(ValueError):
    """A text that is no address of its kind; its words say what would be one."""


@dataclass(frozen=True)
class ContactChannel:
    """One way to reach one contact.

    Attributes
    ----------
    number, contact : int
        Its own number, and whose it is.
    place : int
        Its place among the contact's channels, from 1: what is tried first.
    kind : Channel
        How it is reached.
    address : str
        What may be shown: of kinds in `SEALED` that are encrypted the host only.
    sealed : bytes or None
        The encrypted address, of kinds in `SEALED`; None where it is stored as it is.
    language : Language or None
        Of messages on this channel; None: the contact's.
    confirmed_at : datetime or None
        When somebody showed that messages arrive at the right person; None: nobody did.
    unreachable_since : datetime or None
        Since when it is known to be dead: blocked, unknown to its provider, switched off.
    unreachable_reason : str or None
        Why, as a code.
    tested_at, proven_at : datetime or None
        When a test was last asked for, and when somebody last pressed in one that it arrived.
    """

    number: int
    contact: int
    place: int
    kind: Channel
    address: str
    sealed: bytes | None = None
    language: Language | None = None
    confirmed_at: datetime | None = None
    unreachable_since: datetime | None = None
    unreachable_reason: str | None = None
    tested_at: datetime | None = None
    proven_at: datetime | None = None

    @property
    def can_be_tested(self) -> bool:
        """Whether a test may go there and be answered."""
        return self.kind in TESTABLE and self.may_be_used

    @property
    def is_confirmed(self) -> bool:
        """Whether it counts as a way to reach the contact: confirmed, and not known to be dead."""
        return self.confirmed_at is not None and self.unreachable_since is None

    @property
    def may_be_used(self) -> bool:
        """Whether messages go there at all. Mail and webhooks are tried unconfirmed too, for a lost alert may cost a life."""
        return self.confirmed_at is not None or self.kind not in CONFIRMED_ONLY

    @property
    def is_usable(self) -> bool:
        """Whether a message sent now may arrive there: it may be used, and is not known to be dead."""
        return self.may_be_used and self.unreachable_since is None


def usable_address(kind: Channel, text: str) -> str:
    """Return an address in the form in which it is stored; telephone numbers in E.164.

    Raises
    ------
    UnusableAddressError
        It is no address of this kind.

    Examples
    --------
    >>> usable_address(Channel.SMS, "０９０-１２３４-５６７８")
    '+819012345678'
    >>> usable_address(Channel.VOICE, "03-1234-5678")
    '+81312345678'
    """
    if any(unicodedata.category(one) == "Cc" for one in text):
        raise UnusableAddressError("an address holds no control characters")
    if kind is Channel.MAIL:
        if not _MAIL.match(text):
            raise UnusableAddressError("a mail address looks like taro@example.jp")
        return text
    if kind is Channel.LINE:
        if not _LINE_USER.match(text):
            raise UnusableAddressError("a LINE user has a U and 32 digits; link the phone by a code instead")
        return text
    if kind in {Channel.SMS, Channel.VOICE}:
        return _telephone(kind, text)
    if kind is not Channel.APPRISE and not _is_web_address(text):
        raise UnusableAddressError("the address begins with https:// and holds no user or password")
    if kind is Channel.APPRISE and "://" not in text:
        raise UnusableAddressError("an apprise address looks like matrixs://token@host/room")
    return text


def shown_address(kind: Channel, address: str) -> str:
    """Return what lists may show of an address: of kinds in `SEALED` no more than the host."""
    if kind not in SEALED:
        return address
    parts = urlsplit(address)
    # Of an operator's own address the host part may be the secret itself.
    return parts.scheme if kind is Channel.APPRISE else f"{parts.scheme}://{parts.hostname or ''}"


def shown_to_owner(channel: ContactChannel) -> str:
    """Return as much of an address as its owner knows it by, and nobody else learns it from.

    Examples
    --------
    >>> shown_to_owner(ContactChannel(1, 1, 1, Channel.MAIL, "hanako@example.jp"))
    'h…@example.jp'
    >>> shown_to_owner(ContactChannel(1, 1, 1, Channel.SMS, "+819012345678"))
    '…5678'
    """
    match channel.kind:
        case Channel.MAIL:
            name, _, host = channel.address.partition("@")
            return f"{name[:1]}…@{host}"
        case Channel.SMS | Channel.VOICE:
            return f"…{channel.address[-4:]}"
        case _:
            return ""


def _telephone(kind: Channel, text: str) -> str:
    plain = re.sub(r"[\s()./-]", "", telephone.written(text))
    number = f"+81{plain[1:]}" if _JAPANESE.match(plain) else plain
    if not _INTERNATIONAL.match(number):
        raise UnusableAddressError("a telephone number looks like 090-1234-5678 or +819012345678")
    if kind is Channel.SMS and number.startswith("+81") and not _JAPANESE_MOBILE.match(number):
        raise UnusableAddressError("short messages arrive at mobile numbers only: 060, 070, 080 or 090")
    return number


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.port != 0
            and "@" not in parts.netloc
        )
    except ValueError:
        return False
