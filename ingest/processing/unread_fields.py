"""Fields that were not read, collected in memory for the database, so that no message costs a row."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core.domain.evidence.device_profile import DeviceProfile
from core.store.devices.unread_fields import MOST_OF_SENDER, UnreadField
from core.store.telemetry.batches import SendingDevice

_EVERY_S = 60.0
# A field that never came before is shown soon.
_NEW_AFTER_S = 1.0
# What is on the air around a ward's devices.
_MOST_SENDERS = 10_000
_LONGEST = 100
# Names made of an address or a number are one name, and nothing of what they hold is kept.
_LONG_NUMBER = re.compile(r"(?:0x)?[0-9a-fA-F]*\d[0-9a-fA-F]{4,}|\d+[.,]\d+")

Find = Callable[[str], SendingDevice | None]


@dataclass(slots=True)
class Unread:
    """How many messages held a field that was not read, and by which profile their device was read then."""

    messages: int
    first_at: datetime
    last_at: datetime
    profile: DeviceProfile | None = None
    is_registered: bool = False

    def add(self, messages: int, first_at: datetime, last_at: datetime) -> None:
        """Count further messages with the field."""
        self.messages += messages
        self.first_at = min(self.first_at, first_at)
        self.last_at = max(self.last_at, last_at)


UnreadKey = tuple[str, str]
"""sender, field"""


def note(found: dict[UnreadKey, Unread], key: UnreadKey, at: datetime, device: SendingDevice | None) -> None:
    """Take note of one message with a field that was not read."""
    known = found.get(key)
    if known is None:
        found[key] = Unread(1, at, at, _profile(device), device is not None)
    else:
        known.add(1, at, at)


def field_name(name: str) -> str:
    """Return a field's name as it is kept.

    Examples
    --------
    >>> field_name("work_state"), field_name("seen.0x00158d0001a2b3c4"), field_name("35.6581")
    ('work_state', 'seen.…', '…')
    """
    # A name may be as long as a message; what is left of it has to be looked at only.
    return _LONG_NUMBER.sub("…", name[: 2 * _LONGEST].replace("\x00", "�"))[:_LONGEST]


class _Known:
    """The senders that nobody registered and the names of their fields, by the gateway through which they come.

    Names cost nothing to make up. So of these only some are known, and where there are more, the gateway with most of them
    gives up the one that came longest ago.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._by_gateway: dict[str, dict[str, set[str]]] = {}

    def names(self, sender: str) -> tuple[set[str], str | None]:
        """Return the known names of a sender, and the sender that had to go for it."""
        of_gateway = self._by_gateway.setdefault(sender.partition("/")[0], {})
        known = of_gateway.pop(sender, None)
        names = of_gateway[sender] = set[str]() if known is None else known
        if known is not None:
            return names, None
        if self._count < self._most:
            self._count += 1
            return names, None
        return names, self._give_up()

    def _give_up(self) -> str:
        gateway, largest = max(self._by_gateway.items(), key=lambda one: len(one[1]))
        # The one that came longest ago stands first.
        oldest = next(iter(largest))
        del largest[oldest]
        if not largest:
            del self._by_gateway[gateway]
        return oldest


class UnreadFields:
    """What was not read since it was last taken.

    Parameters
    ----------
    most : int
        Of how many senders that nobody registered at most; of those that are registered all fields count.

    Attributes
    ----------
    left_out : int
        How many messages with a field that was not read are counted nowhere, since there were too many of them.
    """

    def __init__(self, most: int = _MOST_SENDERS) -> None:
        self._found: dict[str, dict[str, Unread]] = {}
        self._registered: dict[str, set[str]] = {}
        self._strangers = _Known(most)
        self._has_new = False
        self._taken_at = 0.0
        self.left_out = 0

    def add(self, unread: Mapping[UnreadKey, Unread]) -> None:
        """Take note of what a batch left unread; beyond what a ward can have, nothing new."""
        for (sender, name), one in unread.items():
            field = field_name(name)
            if not self._has_room_for(sender, field, is_registered=one.is_registered):
                self.left_out += one.messages
                continue
            of_sender = self._found.setdefault(sender, {})
            known = of_sender.get(field)
            if known is None or known.profile != one.profile:
                of_sender[field] = replace(one)
            else:
                known.add(one.messages, one.first_at, one.last_at)

    def _has_room_for(self, sender: str, field: str, *, is_registered: bool) -> bool:
        if is_registered:
            names = self._registered.setdefault(sender, set())
        else:
            names, gone = self._strangers.names(sender)
            if gone is not None:
                self.left_out += sum(one.messages for one in self._found.pop(gone, {}).values())
        if field in names:
            return True
        if len(names) >= MOST_OF_SENDER:
            return False
        names.add(field)
        self._has_new = True
        return True

    @property
    def has_some(self) -> bool:
        """Whether anything waits to be taken."""
        return bool(self._found)

    @property
    def is_due(self) -> bool:
        """Whether it should be taken now."""
        wait_s = _NEW_AFTER_S if self._has_new else _EVERY_S
        return bool(self._found) and time.monotonic() - self._taken_at >= wait_s

    def take(self, find: Find) -> list[UnreadField]:
        """Return what came since the last time; not what was left unread under a profile that its device follows no more."""
        found, self._found = self._found, {}
        self._has_new, self._taken_at = False, time.monotonic()
        return [
            UnreadField(sender, field, one.messages, one.first_at, one.last_at)
            for sender, of_sender in found.items()
            for field, one in of_sender.items()
            if one.profile == _profile(find(sender))
        ]


def _profile(device: SendingDevice | None) -> DeviceProfile | None:
    return None if device is None else device.profile
