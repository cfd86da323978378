"""One batch of messages into the database: all of it in the caller's transaction, or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from psycopg.rows import dict_row

from core.domain.device import DeviceKind
from core.domain.device_proposal import Proposed
from core.domain.evidence.device_profile import DeviceProfile, FieldMeaning, with_meaning
from core.domain.metrics import ONLINE
from core.store.alerts import unassigned_calls, unclear_calls
from core.store.alerts.unassigned_calls import SaidCall
from core.store.alerts.unclear_calls import FieldKey, UnclearCall
from core.store.binary_columns import (
    Bigints,
    Doubles,
    Integers,
    Smallints,
    Times,
    column,
    microseconds,
    moment,
)
from core.store.database import Connection
from core.store.devices import moves, profiles, proposals
from core.store.queries import load
from core.store.telemetry import connection_breaks, inserts, quarantine, sequence_gaps
from core.store.telemetry.connection_breaks import ConnectionBreak
from core.store.telemetry.inserts import FixRow, Fresh, NewRow, ReadingRow, Readings
from core.store.telemetry.sequence_gaps import BatchNumber, SequenceGap
from core.store.telemetry.state_edges import LateState, StateCount, StateKey

_INGESTION = load("telemetry/batches")


@dataclass(slots=True)
class DeviceContact:
    """What a batch shows about the link to a device."""

    received_at: datetime
    time: datetime
    seq: int
    skew_s: float | None


@dataclass(slots=True)
class Batch:
    """What a number of messages say, ready to be stored.

    Attributes
    ----------
    new : list
        Readings whose number is higher than any that their device used, so they cannot be stored yet. Their latest states
        and the contact with their device follow from them.
    skews : dict
        device -> how far its clock is off, as far as those messages show it.
    readings : list
        Other readings with a time of their own.
    doubtful : list
        Readings stored under a time of ours, each followed by the time from which on a reading of the same device,
        metric and number is the same one.
    fixes : list
        Fixes; `since` is None for those with a time of their own.
    latest : dict
        (device, metric) -> (time, value), the latest of the other readings.
    contacts : dict
        device -> what the other messages show about the link to it.
    states : dict
        (device, metric, channel) -> (time, value), the latest of the states of which only an edge counts.
    state_counts : dict
        (device, metric, channel) -> how often such states were said; of a state that is not in `states`, it came late.
    late_states : list
        Moments around which only the database can say which states are edges.
    breaks : list
        When devices, bridges or the broker were out of contact, as far as the batch changes it.
    refused : list
        Messages for the quarantine.
    unassigned_calls : dict
        (sender, metric) -> its call for help or hazard, where nobody knows whose the device is.
    unclear_calls : dict
        (sender, field) -> a field that looks like a call and is not understood.
    missing : dict
        device -> all its missing messages, for devices for which they changed.
    anew : dict
        device -> (its newest number, since when), for devices that lost their memory and count from 1 again.
    forgotten : list
        (device, span), what these cannot send any more.
    seen : list
        Numbers for the worker that looks for gaps, when several share the messages.
    is_shared : bool
        Several do, so that the numbers in `new` do not show how far a device has come.
    """

    new: list[NewRow] = field(default_factory=list[NewRow])
    skews: dict[int, float] = field(default_factory=dict[int, float])
    readings: list[ReadingRow] = field(default_factory=list[ReadingRow])
    doubtful: list[tuple[ReadingRow, datetime]] = field(default_factory=list[tuple[ReadingRow, datetime]])
    fixes: list[FixRow] = field(default_factory=list[FixRow])
    latest: dict[tuple[int, int], tuple[datetime, float]] = field(
        default_factory=dict[tuple[int, int], tuple[datetime, float]]
    )
    contacts: dict[int, DeviceContact] = field(default_factory=dict[int, DeviceContact])
    states: dict[StateKey, tuple[datetime, float]] = field(
        default_factory=dict[StateKey, tuple[datetime, float]]
    )
    state_counts: dict[StateKey, StateCount] = field(default_factory=dict[StateKey, StateCount])
    late_states: list[LateState] = field(default_factory=list[LateState])
    breaks: list[ConnectionBreak] = field(default_factory=list[ConnectionBreak])
    refused: list[quarantine.Refused] = field(default_factory=list[quarantine.Refused])
    proposed: list[Proposed] = field(default_factory=list[Proposed])
    unassigned_calls: dict[tuple[str, str], SaidCall] = field(default_factory=dict[tuple[str, str], SaidCall])
    unclear_calls: dict[FieldKey, UnclearCall] = field(default_factory=dict[FieldKey, UnclearCall])
    missing: dict[int, list[SequenceGap]] = field(default_factory=dict[int, list[SequenceGap]])
    anew: dict[int, tuple[int, datetime]] = field(default_factory=dict[int, tuple[int, datetime]])
    forgotten: list[tuple[int, SequenceGap]] = field(default_factory=list[tuple[int, SequenceGap]])
    seen: list[BatchNumber] = field(default_factory=list[BatchNumber])
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """How much of a batch was new."""

    readings: int
    fixes: int


def store_batch(connection: Connection, batch: Batch, now: datetime) -> Stored:
    """Store a batch: readings and fixes, latest states, changes for the detectors, and what is refused.

    Raises
    ------
    StoreError
        The database refuses a part of it, or holds one of the readings that are called new.
    """
    fresh: list[Fresh] = []
    if batch.breaks:
        connection_breaks.put(connection, batch.breaks)
    # The doubtful first: they look for their number, which the same message's other readings carry too.
    if batch.doubtful:
        fresh.append(inserts.add_doubtful(connection, batch.doubtful))
    if batch.new:
        readings = inserts.sorted_readings(batch.new)
        fresh.append(inserts.add_new(connection, readings))
        _store_latest_of(connection, readings)
        _store_links_of(connection, readings, batch)
    if batch.readings:
        fresh.append(inserts.add_readings(connection, batch.readings))
    stored = sum(found.count for found in fresh)
    found_fixes = inserts.add_fixes(connection, batch.fixes) if batch.fixes else None
    if batch.late_states:
        fresh.append(_correct_edges(connection, batch))
    _store_latest_values(connection, batch)
    if batch.contacts:
        _store_contacts(connection, batch)
    _store_changes(connection, [*fresh, found_fixes] if found_fixes else fresh)
    quarantine.keep(connection, batch.refused)
    _store_calls(connection, batch)
    if batch.proposed:
        proposals.keep(connection, batch.proposed, now)
    if batch.missing:
        sequence_gaps.write_gaps(connection, batch.missing, now)
    if batch.anew:
        sequence_gaps.reset(connection, batch.anew, batch.forgotten, now)
    if batch.seen:
        sequence_gaps.add_batch(connection, batch.seen)
    return Stored(stored, found_fixes.count if found_fixes else 0)


def report_progress(
    connection: Connection, worker: str, watermark: datetime, messages: int, now: datetime
) -> None:
    """Record how far a worker has come: everything received before `watermark` is committed."""
    connection.execute(
        _INGESTION["report_progress"],
        {"worker": worker, "watermark": watermark, "messages": messages, "now": now},
    )


def progress(connection: Connection, worker: str) -> datetime | None:
    """Return how far a worker had come, None if it never ran."""
    row = connection.execute(_INGESTION["progress"], {"worker": worker}).fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class SendingDevice:
    """A registered device as ingest needs it; `zone` is its home's, None while it is in no home.

    `profile` is None for a device whose fields mean what the registry of metrics says; what its presses or states mean in its home
    is in it. `parts` are the numbers of all that come in the same messages, its own among them, where parts of it are registered as
    devices of their own; else none.
    """

    number: int
    device_id: str
    sender: str
    kind: DeviceKind
    gateway_id: str | None
    zone: ZoneInfo | None
    heartbeat_s: int | None = None
    profile: DeviceProfile | None = None
    parts: tuple[int, ...] = ()

    @property
    def numbered_with(self) -> tuple[int, ...]:
        """Under which devices the messages are stored whose numbers its own are among."""
        return self.parts or (self.number,)


def sending_devices(
    connection: Connection, now: datetime, senders: Iterable[str] | None = None
) -> list[SendingDevice]:
    """Return the registered devices, or those of some senders."""
    wanted = None if senders is None else list(senders)
    cursor = connection.cursor(row_factory=dict_row)
    rows = cursor.execute(_INGESTION["devices"], {"now": now, "senders": wanted}).fetchall()
    known = profiles.by_key(connection, {row["profile_id"] for row in rows if row["profile_id"] is not None})
    return [_sending_device(known, **row) for row in rows]


def latest_states(connection: Connection) -> dict[StateKey, tuple[datetime, float]]:
    """Return the latest (time, value) of states by (device, metric, channel)."""
    rows = connection.execute(_INGESTION["latest_states"], {"link": ONLINE.number})
    return {(device, metric, channel): (time, value) for device, metric, channel, time, value in rows}


def try_lock(connection: Connection, key: int) -> bool:
    """Become the one active worker under this key; the lock lasts as long as the connection."""
    row = connection.execute(_INGESTION["try_lock"], {"key": key}).fetchone()
    return bool(row and row[0])


def prove_alive(connection: Connection) -> None:
    """Ask the database something; raises when the connection, and with it the lock, is gone."""
    connection.execute(_INGESTION["alive"])


def _sending_device(
    known: Mapping[int, DeviceProfile],
    *,
    kind: str,
    zone: str | None,
    profile_id: int | None,
    meaning: str,
    **columns: Any,
) -> SendingDevice:
    profile = None if profile_id is None else known.get(profile_id)
    return SendingDevice(
        kind=DeviceKind(kind),
        zone=ZoneInfo(zone) if zone else None,
        profile=with_meaning(profile, FieldMeaning(meaning)),
        **columns,
    )


def _store_calls(connection: Connection, batch: Batch) -> None:
    unassigned_calls.note(connection, batch.unassigned_calls.values())
    unclear_calls.note(connection, batch.unclear_calls.values())
    if batch.unclear_calls or any(call.presses for call in batch.unassigned_calls.values()):
        connection.execute(_INGESTION["notify_changes"], {"payload": "urgent"})


def _store_latest_of(connection: Connection, readings: Readings) -> None:
    device, metric, time, value = inserts.latest_of(readings)
    connection.execute(
        _INGESTION["store_latest"],
        {
            "device": column(Integers, device),
            "metric": column(Smallints, metric),
            "time": column(Times, time),
            "value": column(Doubles, value),
        },
    )


def _store_latest(connection: Connection, batch: Batch) -> None:
    keys = np.array(list(batch.latest), np.int32)
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    time, value = zip(*batch.latest.values(), strict=True)
    connection.execute(
        _INGESTION["store_latest"],
        {
            "device": column(Integers, keys[order, 0]),
            "metric": column(Smallints, keys[order, 1]),
            "time": column(Times, microseconds(time)[order]),
            "value": column(Doubles, np.array(value, np.float64)[order]),
        },
    )


def _store_latest_values(connection: Connection, batch: Batch) -> None:
    if batch.states or batch.state_counts:
        _store_states(connection, batch)
    if batch.latest:
        _store_latest(connection, batch)


def _correct_edges(connection: Connection, batch: Batch) -> Fresh:
    moved = inserts.correct_edges(connection, batch.late_states)
    if moved.count:
        devices = np.unique(moved.device).tolist()
        (oldest,) = connection.execute(_INGESTION["oldest_sign"], {"devices": devices}).fetchone() or (None,)
        values = {"devices": devices, "oldest": oldest}
        dropped = connection.execute(_INGESTION["drop_moved_signs"], values).fetchall()
        if dropped:
            moves.find_home_latest(connection, [home for (home,) in dropped])
    return moved


def _store_states(connection: Connection, batch: Batch) -> None:
    rows = sorted(batch.states.items())
    if rows:
        values = {"time": [time for _, (time, _) in rows], "value": [value for _, (_, value) in rows]}
        keys = [key for key, _ in rows]
        connection.execute(_INGESTION["store_states"], values | _counted(keys, batch.state_counts))
    late = sorted(batch.state_counts.keys() - batch.states.keys())
    if late:
        connection.execute(_INGESTION["count_states"], _counted(late, batch.state_counts))


def _counted(keys: Sequence[StateKey], counts: Mapping[StateKey, StateCount]) -> dict[str, list[Any]]:
    found = [counts.get(key) for key in keys]
    return {
        "device": [device for device, _, _ in keys],
        "metric": [metric for _, metric, _ in keys],
        "channel": [channel for _, _, channel in keys],
        "said": [0 if one is None else one.said for one in found],
        "said_since": [None if one is None else one.since for one in found],
        "lowest": [None if one is None else one.lowest for one in found],
        "highest": [None if one is None else one.highest for one in found],
    }


def _store_links_of(connection: Connection, readings: Readings, batch: Batch) -> None:
    device, received_at, time, seq = inserts.links_of(readings)
    connection.execute(
        _INGESTION["store_contacts"],
        {
            "device": column(Integers, device),
            "received_at": column(Times, received_at),
            "time": column(Times, time),
            "seq": column(Bigints, np.zeros_like(seq) if batch.is_shared else seq),
            "skew_s": [batch.skews.get(number) for number in device.tolist()],
        },
    )


def _store_contacts(connection: Connection, batch: Batch) -> None:
    rows = sorted(batch.contacts.items())
    contacts = [contact for _, contact in rows]
    connection.execute(
        _INGESTION["store_contacts"],
        {
            "device": column(Integers, np.array([device for device, _ in rows], np.int32)),
            "received_at": column(Times, microseconds([contact.received_at for contact in contacts])),
            "time": column(Times, microseconds([contact.time for contact in contacts])),
            "seq": column(Bigints, np.array([contact.seq for contact in contacts], np.int64)),
            "skew_s": [contact.skew_s for contact in contacts],
        },
    )


def _store_changes(connection: Connection, found: Sequence[Fresh]) -> None:
    changed = [fresh for fresh in found if fresh.count]
    if not changed:
        return
    device = np.concatenate([fresh.device for fresh in changed])
    earliest = np.concatenate([fresh.earliest for fresh in changed])
    urgent = np.concatenate([fresh.urgent for fresh in changed])
    connection.execute(
        _INGESTION["store_changes"],
        {
            "device": column(Integers, device),
            "earliest": column(Times, earliest),
            "latest": column(Times, np.concatenate([fresh.latest for fresh in changed])),
            "urgent": urgent.tolist(),
        },
    )
    alive = np.concatenate([fresh.is_alive for fresh in changed])
    if alive.any():
        signs = np.concatenate([fresh.life_sign_at for fresh in changed])
        connection.execute(
            _INGESTION["store_home_latest"],
            {
                "device": column(Integers, device[alive]),
                "earliest": column(Times, earliest[alive]),
                "life_sign_at": column(Times, signs[alive]),
                "oldest": moment(earliest[alive].min()),
            },
        )
    connection.execute(_INGESTION["notify_changes"], {"payload": "urgent" if urgent.any() else ""})
