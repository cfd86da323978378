"""What is said again is no event: whatever comes a second time, no life sign is added, none is later, and none is lost."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.store.database import Database
from core.store.telemetry import batches
from ingest.codecs import CODECS, decode
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage
from ingest.mqtt.topics import source_of
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from ingest.sequences.device_protocol import ProtocolState
from ingest.sequences.gap_tracker import GapTracker
from tests.support.ingest import Rows, registered_ward
from tests.synthetic.stated_senders import SENDERS, START, STEP, StatedSender

# Whatever is put between two steps comes before the second: eight times a bridge's two words and five devices.
_PUT = timedelta(seconds=5)
# It describes devices of others, and what it says is put between their messages.
_DESCRIBES = {"homeassistant"}


@dataclass(frozen=True)
class _Sent:
    """One message on its way: what is said, and when it comes."""

    sender: StatedSender
    state: bool
    said_at: datetime
    at: datetime
    other: int = 3
    retained: bool = False
    plain: tuple[str, bytes] | None = None

    def message(self) -> InboundMessage:
        topic, payload = self.plain or self.sender.message(self.state, self.other, self.said_at)
        return InboundMessage(topic, payload, self.retained, False, self.at)


_lives = st.lists(
    st.tuples(st.sampled_from(SENDERS), st.lists(st.booleans(), min_size=2, max_size=5)),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one[0].sender,
)
_repeats = st.lists(
    st.tuples(
        st.sampled_from(["latest", "latest_now", "earlier", "retained", "restart", "reconnect", "described"]),
        st.integers(0, 40),
        st.integers(0, 40),
        st.integers(4, 60),
    ),
    min_size=1,
    max_size=8,
)


def _stream(life: Sequence[tuple[StatedSender, list[bool]]]) -> list[_Sent]:
    """Return what devices say by themselves, a few minutes apart."""
    found = [
        _Sent(sender, state, at := START + number * STEP, at + timedelta(seconds=place))
        for place, (sender, states) in enumerate(life)
        for number, state in enumerate(states)
    ]
    return sorted(found, key=lambda one: one.at)


def _with_repeats(stream: Sequence[_Sent], repeats: Sequence[tuple[str, int, int, int]]) -> list[_Sent]:
    """Return the stream with what comes again in between, each some seconds after the message before it."""
    after: dict[int, list[tuple[str, int, int]]] = {}
    for kind, place, which, other in repeats:
        after.setdefault(place % len(stream), []).append((kind, which, other))
    found: list[_Sent] = []
    for place, one in enumerate(stream):
        found.append(one)
        at, ticks = one.at + timedelta(minutes=1), count()
        # All that was said by then: what another device said in the meantime is its latest.
        said = [sent for sent in stream if sent.at <= at]
        for kind, which, other in after.get(place, ()):
            chosen = said[which % len(said)]
            for again in _again(kind, said, chosen, other):
                moment = at + _PUT * next(ticks)
                said_at = moment.replace(microsecond=0) if kind == "latest_now" else again.said_at
                found.append(
                    _Sent(
                        again.sender, again.state, said_at, moment, again.other, again.retained, again.plain
                    )
                )
    return sorted(found, key=lambda sent: sent.at)


def _latest(said: Sequence[_Sent], other: int) -> list[_Sent]:
    latest = {one.sender.sender: one for one in said}
    return [
        _Sent(one.sender, one.state, one.said_at, one.at, one.other if one.sender.is_pulse else other)
        for one in latest.values()
    ]


def _again(kind: str, said: Sequence[_Sent], chosen: _Sent, other: int) -> list[_Sent]:
    sender = chosen.sender
    own = [one for one in _latest(said, other) if one.sender == sender]
    if kind == "restart" and sender.bridge:
        behind = [one for one in _latest(said, other) if one.sender.bridge == sender.bridge]
        return [_link(sender, sender.bridge, b"offline"), _link(sender, sender.bridge, b"online"), *behind]
    if kind == "reconnect" and sender.availability:
        off, on = (b"false", b"true") if sender.codec == "shelly" else (b"Offline", b"Online")
        off, on = (b"offline", b"online") if sender.codec in {"zigbee2mqtt", "esphome"} else (off, on)
        return [_link(sender, sender.availability, off), _link(sender, sender.availability, on), *own]
    if kind == "described":
        return [_link(sender, topic, json.dumps(body).encode()) for topic, body in sender.descriptions]
    # A number belongs to one message.
    if kind == "latest" or (kind == "latest_now" and sender.codec != "native"):
        return own
    if kind == "retained" or (kind == "earlier" and sender.has_time):
        return [_Sent(sender, chosen.state, chosen.said_at, chosen.at, other, retained=kind == "retained")]
    return []


def _link(sender: StatedSender, topic: str, payload: bytes) -> _Sent:
    return _Sent(sender, state=False, said_at=START, at=START, plain=(topic, payload))


def _signs(
    database: Database, rows: Rows, stream: Sequence[_Sent], cuts: set[int], *, is_shared: bool
) -> dict[tuple[Any, ...], datetime]:
    """Store a stream in batches, and return each life sign by its reading, with the moment at which it counts."""
    rows.do(
        "TRUNCATE reading, device_latest, device_state, device_contact, home_latest, home_change, connection_break"
    )
    devices, tracker = Devices(database), GapTracker()
    highest: dict[int, int] = {}
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for first, last in pairwise(edges):
        received = [one.message() for one in stream[first:last]]
        decoded = [(one, decode(one.topic, one.payload)) for one in received]
        now = received[-1].received_at
        devices.prepare((found.sender for _, found in decoded if isinstance(found, Decoded)), now)
        builder = BatchBuilder(
            Rules(ZoneInfo("Asia/Tokyo"), is_shared=is_shared),
            devices.find,
            devices.links,
            START - timedelta(days=1),
            ProtocolState(highest) if is_shared else tracker,
        )
        for message, found in decoded:
            builder.add(message, found)
        assert {one.reason for one in builder.batch.refused} <= {"unknown_device"}
        devices.links = builder.finish(devices.links)
        with database.transaction() as connection:
            batches.store_batch(connection, builder.batch, now)
    found = rows.of(
        "SELECT device_number, metric, channel, time, value, coalesce(acted_from, time)"
        " FROM reading WHERE is_life_sign(flags)"
    )
    return {row[:-1]: row[-1] for row in found}


def _expected(life: Sequence[tuple[StatedSender, list[bool]]]) -> int:
    """Return how many life signs there are among what is said once."""
    total = 0
    for sender, states in life:
        if sender.is_pulse:
            total += sum(states)
        else:
            total += sum(one != other and (other or sender.both_ways) for one, other in pairwise(states))
    return total


def test_nothing_that_is_said_again_is_a_life_sign_and_no_true_one_is_lost(
    database_url: str, tmp_path: Path
) -> None:
    assert {one.codec for one in SENDERS} | _DESCRIBES == set(CODECS)
    described = {source_of(topic) for one in SENDERS for topic, _ in one.descriptions}
    assert {source.codec for source in described if source is not None} >= _DESCRIBES
    with registered_ward(database_url, tmp_path) as rows, Database(database_url) as database:
        rows.do("DELETE FROM device_assignment; DELETE FROM device")
        for number, one in enumerate(SENDERS):
            rows.of(
                "INSERT INTO device (device_id, sender, kind, registered_at) VALUES (%s, %s, %s, %s) RETURNING 1",
                [f"stated-{number}", one.sender, one.kind, START],
            )

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(
            life=_lives,
            repeats=_repeats,
            cuts=st.sets(st.integers(1, 30), max_size=4),
            is_shared=st.booleans(),
        )
        def whatever_is_repeated(
            life: list[tuple[StatedSender, list[bool]]],
            repeats: list[tuple[str, int, int, int]],
            cuts: set[int],
            is_shared: bool,
        ) -> None:
            stream = _stream(life)
            once = _signs(database, rows, stream, cuts, is_shared=is_shared)
            assert len(once) == _expected(life)
            again = _signs(database, rows, _with_repeats(stream, repeats), cuts, is_shared=is_shared)
            assert again.keys() == once.keys()
            assert all(again[sign] <= once[sign] for sign in once)
            if not {"restart", "reconnect"} & {kind for kind, *_ in repeats}:
                assert again == once

        whatever_is_repeated()
