"""Made-up calls for help on their way through the service: the real codecs, batches, tables and rules."""

import heapq
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.alert import Alert, EventKind, Outcome
from core.domain.metrics import CALLS
from core.domain.planned_absence import AbsenceKind
from core.errors import StoreError
from core.store.alerts import alerts, handling
from core.store.database import Database
from core.store.detection import evaluation_queue
from core.store.people import planned_absences
from core.store.telemetry import batches
from core.store.telemetry.batches import Batch, SendingDevice
from detectors.engine.due_times import NextEvaluation
from detectors.engine.home import evaluate_calls
from detectors.engine.home_context import HomeContext, HomeSpan
from detectors.engine.home_records import load_records
from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder, Rules
from ingest.processing.links import Links
from ingest.sequences.gap_tracker import GapTracker
from tests.support.wards.evaluated_ward import EvaluatedWard
from tests.support.wards.ward_files import carer
from tests.synthetic.call_home import FIRST, CallHome, ReceivedCall
from tests.synthetic.calls import RaisedCall

UTC_ZONE = ZoneInfo("UTC")


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
            Links(),
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
    """Return whether a message says that somebody calls."""
    said = decode(arrival.topic, arrival.payload)
    return isinstance(said, Decoded) and any(
        one.metric in CALLS and bool(one.value) and not arrival.retained for one in said.readings
    )


class CalledWard:
    """Homes in the database, whose arrivals go through codecs, batches, tables and rules, and whose alerts people close.

    Heartbeats wait to be stored until somebody calls, and then all is evaluated.
    """

    def __init__(self, database: Database, folder: Path, homes: Sequence[CallHome]) -> None:
        self._database = database
        self._homes = homes
        self._ward = EvaluatedWard(database, folder, [ward_home(home) for home in homes], FIRST)
        with database.transaction() as connection:
            self._ingest = Ingest(batches.sending_devices(connection, FIRST))
            self._carer = carer(connection, FIRST)
            evaluation_queue.add_evaluations(connection, FIRST)
            for resident, home in enumerate(homes, 1):
                for span in home.journeys:
                    planned_absences.add(connection, resident, kind=AbsenceKind.TRAVEL, span=span, now=FIRST)
        self._to_close: list[tuple[datetime, int]] = []
        self._known: dict[int, list[Alert]] = {number: [] for number, _ in enumerate(homes, 1)}

    def raised(self, *, calls_only: bool = False) -> dict[int, list[RaisedCall]]:
        """Send everything, and return the alerts about each home.

        With `calls_only` nothing but calls is evaluated, in the home that they come from, which is a fifth of the work; if not, the whole
        ward is, by the scheduler.
        """
        coming = [(one, number) for number, home in enumerate(self._homes, 1) for one in home.arrivals]
        waiting: list[ReceivedCall] = []
        for arrival, number in sorted(coming, key=lambda one: one[0].received_at):
            now = arrival.received_at
            self._close_until(now)
            waiting.append(arrival)
            if is_call(arrival):
                self._store(waiting)
                waiting = []
                if calls_only:
                    self._evaluate_calls(number, now)
                else:
                    self._ward.pass_to(now)
                self._note_alerts([number] if calls_only else self._known)
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

    def _evaluate_calls(self, home: int, now: datetime) -> None:
        with self._database.transaction() as connection:
            record = load_records(connection, [home], now)[home]
            context = HomeContext(connection, HomeSpan(home, now, now, timedelta()), record)
            evaluate_calls(context)
            for one in context.watched:
                waiting = NextEvaluation(None, on_any_reading=False, on_any_fix=False, state=one.state)
                waiting.settle(context, one)

    def _note_alerts(self, residents: Collection[int]) -> None:
        with self._database.transaction() as connection:
            found = alerts.history(connection, residents=residents)
        for alert in sorted(found, key=lambda one: one.number):
            known = self._known[alert.resident or 0]
            if alert.rule in CALLS and alert.number not in {one.number for one in known}:
                after = self._homes[(alert.resident or 0) - 1].closes_after(len(known))
                known.append(alert)
                heapq.heappush(self._to_close, (alert.opened_at + after, alert.number))

    def _close_until(self, now: datetime) -> None:
        while self._to_close and self._to_close[0][0] <= now:
            at, number = heapq.heappop(self._to_close)
            with self._database.transaction() as connection:
                handling.close(connection, number, user=self._carer, outcome=Outcome.SAFE_AFTER_HELP, now=at)

    def _read(self, alert: Alert) -> RaisedCall:
        with self._database.transaction() as connection:
            events = alerts.events(connection, alert.number)
        again = [one.at for one in events if one.kind in {EventKind.REPEATED, EventKind.REACTIVATED}]
        closed = [one.at for one in events if one.kind is EventKind.CLOSED]
        return RaisedCall(alert.rule, alert.opened_at, closed[0], again)
