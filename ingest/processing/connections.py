"""Connections: when a device, its bridge or the broker were out of contact, so that nobody knows when a state changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from core.domain.device import LEAST_SILENCE, MISSED_HEARTBEATS, folded
from core.domain.metrics import BRIDGE_ONLINE, ONLINE
from core.store.telemetry.batches import SendingDevice
from core.store.telemetry.connection_breaks import ConnectionBreak
from core.text_cache import TextCache
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage

SERVICE = ""
"""The link between the broker and this service: all that is not numbered comes over it."""

_BRIDGE, _DEVICE = BRIDGE_ONLINE.name, ONLINE.name
# A broker notices a dead client after one and a half of its keep-alive, which is 60 s at most in what we know of.
_NOTICED_WITHIN = timedelta(seconds=90)
# A bridge says all that it kept at once when it is back.
_SETTLES = timedelta(minutes=2)
# These say that a device is away when it was out of contact for long, and not when its connection breaks.
_NOTICED_BY_SILENCE = ("zigbee2mqtt:",)
# What is lost of these is seen by their numbers.
_NUMBERED = "native:"
# These keep what their devices said, and say it all again in their name when they start.
_KEPT_BY_BRIDGE, _BRIDGE_ITSELF = "zigbee2mqtt:", "/bridge"

Breaks = Mapping[str, Sequence[ConnectionBreak]]


def links_of(sender: str) -> tuple[str, ...]:
    """Return over which connections the messages of a sender come, by the name that their breaks have: in one spelling.

    Examples
    --------
    >>> links_of("zigbee2mqtt:g1/Hall")
    ('', 'zigbee2mqtt:g1/', 'zigbee2mqtt:g1/hall')
    >>> links_of("tasmota:g1/bridge#front_door")
    ('', 'tasmota:g1/', 'tasmota:g1/bridge', 'tasmota:g1/bridge#front_door')
    """
    return _LINKS[sender]


def _links_of(sender: str) -> tuple[str, ...]:
    sender = folded(sender)
    bridge, slash, _ = sender.partition("/")
    device, hash_sign, _ = sender.partition("#")
    found = [SERVICE]
    if slash:
        found.append(bridge + slash)
    if hash_sign:
        found.append(device)
    return (*found, sender)


_LINKS = TextCache(_links_of, most=100_000)


class Connections:
    """The breaks that are known while a batch is made.

    Parameters
    ----------
    breaks : mapping
        By the name of the connection, in order of time; not changed here.
    received : mapping
        When each connection was last received; not changed here.
    """

    def __init__(self, breaks: Breaks | None = None, received: Mapping[str, datetime] | None = None) -> None:
        self.new: dict[str, list[ConnectionBreak]] = {}
        self.new_received: dict[str, datetime] = {}
        self._breaks: Breaks = breaks or {}
        self._received: Mapping[str, datetime] = received or {}
        self.changed: list[ConnectionBreak] = []

    def note(self, message: InboundMessage, result: Decoded) -> None:
        """Take note of what a message says about a connection; before its device is looked for, for a bridge may have none."""
        if result.seq or result.sender.startswith(_NUMBERED):
            return
        for measured in result.readings:
            if measured.metric == _BRIDGE:
                name = folded(result.sender).partition("/")[0] + "/"
            elif measured.metric == _DEVICE:
                name = folded(result.sender)
            else:
                continue
            if measured.value:
                self._end(name, message.received_at)
            else:
                self._begin(name, message.received_at, is_retained=message.retained)

    def note_message(self, message: InboundMessage, device: SendingDevice, result: Decoded) -> bool:
        """Take note that a device was in contact; return whether it comes first after its connection came back, a moment ago.

        Not for a message that holds nothing but whether it is connected.
        """
        if message.retained or result.seq:
            return False
        names, at = links_of(device.sender)[1:], message.received_at
        sender = names[-1]
        before = self._received_at(sender)
        for name in names:
            self.new_received[name] = at
        if before is None:
            return False
        if device.heartbeat_s is not None:
            longest = max(MISSED_HEARTBEATS * timedelta(seconds=device.heartbeat_s), LEAST_SILENCE)
            if at - before > longest:
                self._put(ConnectionBreak(sender, before, at))
        for name in names:
            for one in self._of(name):
                has_lasted = one.ended_at is None or (
                    before <= one.ended_at and at - one.ended_at <= _SETTLES
                )
                if has_lasted and one.began_at < at:
                    return True
        return False

    def may_be_kept(self, sender: str, at: datetime) -> bool:
        """Return whether what comes under a device's name may be what its bridge kept: it has just come back, or is not back yet."""
        if not sender.startswith(_KEPT_BY_BRIDGE):
            return False
        sender = folded(sender)
        if sender.endswith(_BRIDGE_ITSELF):
            return False
        known = self._of(f"{sender.partition('/')[0]}/")
        if not known:
            return False
        last = known[-1]
        return last.began_at <= at and (last.ended_at is None or at - last.ended_at <= _SETTLES)

    def began_at(self, sender: str, since: datetime, until: datetime) -> datetime | None:
        """Return when the connection of a sender first broke between two moments; None if it did not.

        A break that had begun before the first moment and lasted until it counts from its own beginning.
        """
        found: datetime | None = None
        for name in links_of(sender):
            for one in self._of(name):
                is_between = one.began_at < until and (one.ended_at is None or one.ended_at >= since)
                if is_between and (found is None or one.began_at < found):
                    found = one.began_at
        return found

    def waited_since(self, at: datetime) -> datetime | None:
        """Return since when what was received at a moment may have waited at the broker; None if it did not wait."""
        for one in self._of(SERVICE):
            if one.began_at < at and (one.ended_at is None or at <= one.ended_at):
                return one.began_at
        return None

    def _of(self, name: str) -> Sequence[ConnectionBreak]:
        return self.new.get(name) or self._breaks.get(name, ())

    def _begin(self, name: str, at: datetime, *, is_retained: bool) -> None:
        known = self._of(name)
        if known and known[-1].ended_at is None:
            return
        received = self._received_at(name)
        began_at = at
        if not is_retained:
            by_silence = name.startswith(_NOTICED_BY_SILENCE) and not name.endswith("/")
            longest = at - _NOTICED_WITHIN
            began_at = received or at if by_silence else max(received or longest, longest)
        if known and known[-1].ended_at is not None:
            began_at = max(began_at, known[-1].ended_at)
        self._put(ConnectionBreak(name, min(began_at, at), None))

    def _received_at(self, name: str) -> datetime | None:
        return self.new_received.get(name) or self._received.get(name)

    def _end(self, name: str, at: datetime) -> None:
        known = self._of(name)
        if known and known[-1].ended_at is None:
            self._put(ConnectionBreak(name, known[-1].began_at, max(at, known[-1].began_at)))

    def _put(self, one: ConnectionBreak) -> None:
        known = [other for other in self._of(one.senders) if other.began_at != one.began_at]
        self.new[one.senders] = sorted([*known, one], key=lambda other: other.began_at)
        self.changed.append(one)


def by_name(found: Iterable[ConnectionBreak]) -> dict[str, list[ConnectionBreak]]:
    """Return breaks by the name of the connection, in order of time."""
    breaks: dict[str, list[ConnectionBreak]] = {}
    for one in sorted(found, key=lambda one: one.began_at):
        breaks.setdefault(one.senders, []).append(one)
    return breaks
