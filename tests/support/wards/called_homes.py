"""Made-up calls for help on their way through the service: the real codecs, assembly and rule, with tables in memory or in the database."""

import heapq
from bisect import insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.alert import Alert, EventKind, Outcome
from core.domain.metrics import CALLS, METRICS
from core.domain.planned_absence import AbsenceKind
from core.errors import StoreError
from core.store.alerts import alerts, handling
from core.store.database import Database
from core.store.people import planned_absences
from core.store.telemetry import batches
from core.store.telemetry.batches import Batch, SendingDevice
from core.store.telemetry.inserts import NewRow
from detectors.features.window import Press, Window, life_signs, no_track
from detectors.rules.emergency_call import LONGEST_DELAY, SosCall
from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder, Rules
from ingest.sequences.gap_tracker import GapTracker
from tests.support.wards.evaluated_ward import JudgedWard
from tests.support.wards.ward_files import carer
from tests.synthetic.call_home import FIRST, CallHome, ReceivedCall
from tests.synthetic.calls import ToldAlert

UTC_ZONE = ZoneInfo("UTC")
_RETAINED = 2
_PG_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_REACH, _MONTH = timedelta(hours=48), timedelta(days=30)
_CALL_NUMBERS = {METRICS[name].number: name for name in CALLS}
_Row = tuple[int, datetime, int, int, float, datetime, int]


class Ingest:
    """Makes batches of arrivals as the ingest process does, one message at a time."""

    def __init__(self, devices: Sequence[SendingDevice]) -> None:
        self._devices = {one.sender: one for one in devices}
        self._gap_tracker = GapTracker()
        self._stored_at = FIRST

    def batch(self, arrivals: Sequence[ReceivedCall], *, again: bool = False) -> Batch:
        """Return what is to be stored of messages; `again` after the database refused them, without their numbers."""
        gap_tracker = self._gap_tracker
        builder = BatchBuilder(
            Rules(UTC_ZONE),
            self._devices.get,
            {},
            # After a connection broke, what came shortly before may come again.
            self._stored_at - timedelta(seconds=10),
            None if again else gap_tracker,
            gap_tracker.sequence_reset_at,
        )
        for one in arrivals:
            message = InboundMessage(
                one.topic, one.payload, one.retained, one.repeated, one.received_at, 0, 0
            )
            builder.add(message, decode(message.topic, message.payload))
            if not one.repeated:
                self._stored_at = one.received_at
        if not again:
            gap_tracker.add_to(builder.batch)
        return builder.batch


class _Tables:
    """The calls of one home, and what says that there is none, by the key that the database gives them."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, datetime, int, int], _Row] = {}
        self._by_number: dict[tuple[int, int, int], list[_Row]] = defaultdict(list)
        # In order of receipt.
        self.called: dict[int, list[_Row]] = defaultdict(list)
        self._calm: dict[tuple[int, int], list[datetime]] = defaultdict(list)

    def store(self, batch: Batch) -> list[_Row]:
        """Store a batch as the queries do, and return the calls that were new."""
        rows: list[_Row] = []
        for row, since in batch.doubtful:
            known = self._by_number[row[0], row[2], row[3]]
            if not any(one[1] >= since and (not one[6] & _RETAINED or row[6] & _RETAINED) for one in known):
                rows.append(row)
        rows += [*_rows(batch.new), *batch.readings]
        return [row for row in rows if row[2] in _CALL_NUMBERS and self._is_news(row)]

    def refuses(self, batch: Batch) -> bool:
        """Tell whether something that is called new is here already, which the database does not take."""
        return any(row[:4] in self._rows for row in _rows(batch.new))

    def _is_news(self, row: _Row) -> bool:
        known = self._rows.get(row[:4])
        if known is not None and not (known[6] & _RETAINED and not row[6] & _RETAINED and row[4]):
            return False
        self._rows[row[:4]] = row
        self._by_number[row[0], row[2], row[3]].append(row)
        if row[6] & _RETAINED:
            return False
        if row[4]:
            self.called[row[2]].append(row)
        else:
            insort(self._calm[row[0], row[2]], row[1])
        return bool(row[4])

    def presses(self, metric: int, since: datetime) -> Iterator[Press]:
        """Give the calls received after a moment as `windows.presses` does."""
        before: dict[int, datetime] = {}
        rows = [row for row in self.called[metric] if row[5] > since]
        for device, time, _, seq, _, received_at, _ in sorted(rows, key=lambda row: row[1]):
            from_then = before.get(device, time - _MONTH)
            calm = [one for one in self._calm[device, metric] if from_then < one < time]
            is_detector = _CALL_NUMBERS[metric] != "sos"
            yield Press(device, "", time, received_at, seq, max(calm, default=None) if is_detector else None)
            before[device] = time


def _rows(new: Sequence[NewRow]) -> list[_Row]:
    found: list[_Row] = []
    for one in new:
        time, received = (_PG_EPOCH + timedelta(microseconds=at) for at in (one[1], one[5]))
        found.append((one[0], time, one[2], one[3], one[4], received, one[6]))
    return found


class _Alerts:
    """The alerts of one home as `core.store.alerts.episodes` keeps them, closed by people in their time."""

    def __init__(self, home: CallHome) -> None:
        self.all: list[ToldAlert] = []
        self._home = home
        self._open: dict[str, ToldAlert] = {}
        self._raised: dict[str, datetime] = {}
        self._known: set[tuple[str, datetime]] = set()
        self._to_close: list[tuple[datetime, str]] = []

    def close_until(self, now: datetime) -> None:
        """Close what people would have closed by now."""
        while self._to_close and self._to_close[0][0] <= now:
            at, rule = heapq.heappop(self._to_close)
            self._open.pop(rule).closed_at = at

    def evaluate(self, tables: _Tables, metric: int, since: datetime, now: datetime) -> None:
        """Judge the calls of one kind as the runner does."""
        rule = _CALL_NUMBERS[metric]
        window = Window(
            resident=1,
            zone=UTC_ZONE,
            watched_from=FIRST,
            life_signs=life_signs(()),
            track=no_track(),
            presses=list(tables.presses(metric, since - LONGEST_DELAY)),
            blind=(),
            pauses=(),
            geofences=(),
            closed_calls=[
                one.closed_at for one in self.all if one.rule == rule and one.closed_at is not None
            ],
        )
        for finding in SosCall(rule).evaluate(window, since, now).findings:
            if (rule, finding.began_at) not in self._known:
                self._known.add((rule, finding.began_at))
                self._tell(rule, finding.raised_at, now)

    def _tell(self, rule: str, raised_at: datetime, now: datetime) -> None:
        alert = self._open.get(rule)
        if alert is None:
            self._open[rule] = alert = ToldAlert(rule, now)
            self._raised[rule] = raised_at
            heapq.heappush(self._to_close, (now + self._home.closes_after(len(self.all)), rule))
            self.all.append(alert)
        elif raised_at >= self._raised[rule]:
            alert.again.append(now)


def told_quickly(home: CallHome) -> list[ToldAlert]:
    """Send the arrivals of a home through codecs, assembly and rule, with tables and alerts in memory."""
    devices = [
        SendingDevice(number, one.name, one.sender, one.kind, None, UTC_ZONE)
        for number, one in enumerate(home.callers, 1)
    ]
    ingest, tables, told = Ingest(devices), _Tables(), _Alerts(home)
    judged_through = FIRST
    for arrival in home.arrivals:
        now = arrival.received_at
        told.close_until(now)
        batch = ingest.batch([arrival])
        if tables.refuses(batch):
            batch = ingest.batch([arrival], again=True)
        fresh = tables.store(batch)
        if fresh:
            first = min(row[1] for row in fresh) - timedelta(microseconds=1)
            since = min(judged_through, max(first, judged_through - _REACH))
            for metric in {row[2] for row in fresh}:
                told.evaluate(tables, metric, max(since, FIRST), now)
        judged_through = now
    told.close_until(FIRST + timedelta(days=400))
    return told.all


def ward_home(home: CallHome) -> dict[str, Any]:
    """Return a home of a ward file with the buttons and detectors of a made-up one."""
    key = f"r{home.number}"
    return {
        "name": f"3丁目 {home.number:03}",
        "office": "中央地域包括支援センター",
        "residents": [
            {
                "key": key,
                "name": f"山田{home.number}",
                "kana": f"やまだ{home.number:03}",
                "watched_from": FIRST.isoformat(),
            }
        ],
        "devices": [
            {
                "kind": one.kind,
                "device_id": one.name,
                "sender": one.sender,
                "resident": key,
                "since": "2018-01-01T00:00:00Z",
            }
            for one in home.callers
        ],
    }


def is_call(arrival: ReceivedCall) -> bool:
    """Tell whether a message says that somebody calls."""
    said = decode(arrival.topic, arrival.payload)
    return isinstance(said, Decoded) and any(
        one.metric in CALLS and bool(one.value) and not arrival.retained for one in said.readings
    )


class CalledWard:
    """Homes in the database, whose arrivals go through codecs, assembly, tables and runner, and whose alerts people close.

    Heartbeats wait to be stored until somebody calls, and then all is judged.
    """

    def __init__(self, database: Database, folder: Path, homes: Sequence[CallHome]) -> None:
        self._database = database
        self._homes = homes
        self._ward = JudgedWard(database, folder, [ward_home(home) for home in homes], FIRST)
        with database.transaction() as connection:
            self._ingest = Ingest(batches.sending_devices(connection, FIRST))
            self._carer = carer(connection, FIRST)
            for resident, home in enumerate(homes, 1):
                for span in home.journeys:
                    planned_absences.add(connection, resident, kind=AbsenceKind.TRAVEL, span=span, now=FIRST)
        self._to_close: list[tuple[datetime, int]] = []
        self._known: dict[int, list[Alert]] = {number: [] for number, _ in enumerate(homes, 1)}

    def told(self) -> dict[int, list[ToldAlert]]:
        """Send everything, and return the alerts about each home."""
        coming = [one for home in self._homes for one in home.arrivals]
        waiting: list[ReceivedCall] = []
        for arrival in sorted(coming, key=lambda one: one.received_at):
            self._close_until(arrival.received_at)
            waiting.append(arrival)
            if is_call(arrival):
                self._store(waiting)
                waiting = []
                if self._ward.pass_to(arrival.received_at):
                    self._note_alerts()
        self._close_until(FIRST + timedelta(days=400))
        return {
            home.number: [self._read(alert) for alert in self._known[number]]
            for number, home in enumerate(self._homes, 1)
        }

    def _store(self, arrivals: Sequence[ReceivedCall]) -> None:
        """Store messages as the writer does: what the database refuses as new is looked up by its key."""
        now = arrivals[-1].received_at
        batch = self._ingest.batch(arrivals)
        try:
            with self._database.transaction() as connection:
                batches.store_batch(connection, batch, now)
        except StoreError:
            batch = self._ingest.batch(arrivals, again=True)
            with self._database.transaction() as connection:
                batches.store_batch(connection, batch, now)

    def _note_alerts(self) -> None:
        for alert in self._ward.alerts():
            known = self._known.get(alert.resident or 0)
            if (
                alert.rule in CALLS
                and known is not None
                and alert.number not in {one.number for one in known}
            ):
                after = self._homes[(alert.resident or 0) - 1].closes_after(len(known))
                known.append(alert)
                heapq.heappush(self._to_close, (alert.opened_at + after, alert.number))

    def _close_until(self, now: datetime) -> None:
        while self._to_close and self._to_close[0][0] <= now:
            at, number = heapq.heappop(self._to_close)
            with self._database.transaction() as connection:
                handling.close(connection, number, user=self._carer, outcome=Outcome.SAFE_AFTER_HELP, now=at)

    def _read(self, alert: Alert) -> ToldAlert:
        with self._database.transaction() as connection:
            events = alerts.events(connection, alert.number)
        again = [one.at for one in events if one.kind in {EventKind.REPEATED, EventKind.REACTIVATED}]
        closed = [one.at for one in events if one.kind is EventKind.CLOSED]
        return ToldAlert(alert.rule, alert.opened_at, closed[0], again)
