"""Evaluates every home with changes or a deadline, up to the time until which everything received is stored.

Several of these may run: each claims homes by row locks, so more processes simply claim more. Nothing but what
was read is kept in memory between two rounds, so a killed one loses nothing.
"""

import math
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core.clock import Clock
from core.errors import StoreError, StoreUnavailableError
from core.logs import get_logger
from core.monitoring.tally import Tally
from core.store.database import Connection, Database, NotifyListener, translated_errors
from core.store.detection import evaluation_queue
from core.store.detection.evaluation_queue import Settled
from core.store.operation import evaluation_gaps
from detectors.baselines.store import LruCache
from detectors.engine import areas, unassigned_calls, unclear_calls, ward
from detectors.engine.due_times import FAILED_FOR
from detectors.engine.home import evaluate_calls, evaluate_rest
from detectors.engine.home_context import HomeContext, HomeSpan
from detectors.engine.home_records import ALLOWED_LATENESS, HomeRecord, load_records
from detectors.rules import area_silent, ward_silent

CHANNEL = "home_change"
# Homes in one transaction: enough to spread the cost of a commit and of reading what is on record, few enough that another process
# finds work, and that what is found is soon known: as many as were evaluated in this time.
_LEAST_BATCH, _MOST_BATCH = 8, 64
_BATCH_S = 0.2
# Seconds of the machine.
_LONGEST_WAIT_S = 1.0
# A few kilobytes each; a resident has two for each of the days that are kept.
_REMEMBERED = 8192
# After so long it is looked whether to stop, and what failed is tried again.
_LONGEST_CYCLE_S = 1.0
_SHORTEST_WAIT_S = 0.02
_COALESCE_S = 0.05
_RETRY_S = 1.0
_WARD_EVERY_S = 1.0
# Looking at the neighbourhoods of a large ward costs more, so it takes no more than this share of the time of the machine; but the
# service's time moves on no further meanwhile. A neighbourhood is decided a minute and more before one of its homes would be.
_AREAS_SHARE, _AREAS_EVERY = 0.01, timedelta(seconds=15)
# A worker that is silent this much longer than the others is gone (seconds of the machine).
_WORKER_GRACE_S = 30.0
_BEHIND_S = 30.0
# What a clock that runs faster than the machine may hide from us.
_SLACK_S = 5.0
# What was evaluated further ahead than this was evaluated by a wrong clock.
_CLOCK_MAY_GO_BACK = timedelta(minutes=5)
_URGENT = "urgent"

_log = get_logger(__name__)


class _Cycle(NamedTuple):
    """How many homes were evaluated, and whether nothing was left."""

    homes: int
    is_done: bool


class Scheduler:
    """The evaluating loop.

    Parameters
    ----------
    database : Database
        An open pool; one connection of it at a time, and one of its own to listen.
    clock : Clock
        The service's time.
    zone : ZoneInfo
        The ward's, for day and night of the ward as a whole.
    tally : Tally, optional
        Takes the figures.
    """

    def __init__(self, database: Database, clock: Clock, zone: ZoneInfo, tally: Tally | None = None) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._tally = tally or Tally()
        self._ward_seen: tuple[datetime, float] | None = None
        self._areas_seen: datetime | None = None
        self._areas_rest_until = -math.inf
        self._waits_for_watermark = False
        self._looked: tuple[datetime, float] | None = None
        self._caught_up: tuple[datetime, float] | None = None
        self._batch = _LEAST_BATCH
        self._cache = LruCache(_REMEMBERED)

    def run(self, stop: threading.Event) -> None:
        """Evaluate until `stop` is set; trouble with the database is waited out."""
        waits = False
        while not stop.is_set():
            try:
                with self._database.listen(CHANNEL) as listener:
                    while not stop.is_set():
                        is_done = self._run_cycle(_LONGEST_CYCLE_S).is_done
                        waits = False
                        if is_done:
                            self._wait(listener)
            except StoreError as error:
                if not waits:
                    _log.warning("database_wait", component="evaluation", error=str(error))
                waits = True
                stop.wait(_RETRY_S)

    def cycle(self) -> int:
        """Evaluate everything that is to be evaluated now; return how many homes that were."""
        return self._run_cycle(math.inf).homes

    def _run_cycle(self, longest_s: float) -> _Cycle:
        """Evaluate batch after batch, each up to the time that has come by then, until nothing is left or so long has passed.

        While changes come faster than they can be evaluated, a time that stood still would keep everybody waiting for what happened since.
        """
        began = time.monotonic()
        homes = 0
        put_off: set[int] = set()
        while time.monotonic() - began < longest_s:
            until = self._through()
            evaluated = (
                0
                if until is None
                else self._evaluate_urgent(until, put_off) or self._evaluate_batch(until, put_off)
            )
            if until is not None:
                self._tally.add("detectors_rounds")
                self._tally.put("detectors_last_round_timestamp_seconds", time.time())
                self._note_look(until, is_done=evaluated == 0)
            if evaluated == 0:
                return _Cycle(homes, is_done=True)
            homes += evaluated
        return _Cycle(homes, is_done=False)

    def _through(self) -> datetime | None:
        """Evaluate the ward, and return up to when homes may be evaluated; None without ingest."""
        now = self._clock.now()
        with self._database.transaction() as connection:
            # A clock that is moved by hand may jump a day between the reports of two workers.
            grace = self._machine_span(_WORKER_GRACE_S) or timedelta(days=1)
            complete = evaluation_queue.watermark(connection, grace)
        if complete is None:
            if not self._waits_for_watermark:
                _log.info("evaluation_wait_watermark")
                self._waits_for_watermark = True
            return None
        self._waits_for_watermark = False
        until = min(now, complete)
        self._tally.put("detectors_evaluated_through_timestamp_seconds", until.timestamp())
        self._evaluate_ward(until, complete, now)
        return until

    def _evaluate_ward(self, until: datetime, complete: datetime, now: datetime) -> None:
        """Evaluate the ward, and do the housekeeping, when the time has moved on enough."""
        machine = time.monotonic()
        if _is_just_seen(self._ward_seen, until, machine):
            return
        with self._database.transaction() as connection:
            evaluation_queue.add_evaluations(connection, until)
            if pulled_back := evaluation_queue.set_back(connection, until, now + _CLOCK_MAY_GO_BACK):
                _log.warning("clock_stepped_back", watches=pulled_back)
        self._evaluate_calls_of_devices(until, now)
        try:
            # By itself: it is on record whatever becomes of the ward's rules.
            with self._database.transaction() as connection:
                if self._clock.factor > 0 and (
                    (now - complete).total_seconds() / self._clock.factor > _BEHIND_S
                    or now - complete < timedelta(minutes=1)
                ):
                    ward.note_lag(connection, complete, now)
                self._note_gap(connection, until, now)
            with self._database.transaction() as connection:
                ward.evaluate_ward(connection, self._zone, until, now)
        except StoreUnavailableError:
            raise
        except Exception:  # noqa: BLE001 - the fence round the ward
            # Residents are evaluated on, calls for help above all; pages say "cannot tell" while the ward is not evaluated.
            _log.exception("ward_evaluation_failed")
            with self._database.transaction() as connection:
                evaluation_queue.note_ward_failure(connection, ward_silent.NAME, now)
        self._evaluate_areas(until, now)
        self._ward_seen = (until, machine)

    def _note_gap(self, connection: Connection, until: datetime, now: datetime) -> None:
        """Note that no process looked at the homes for longer than a restart takes; a clock that is moved by hand jumps as it likes."""
        if self._clock.factor <= 0:
            return
        longest = max(evaluation_gaps.SHORTEST, self._machine_span(_BEHIND_S))
        if evaluation_gaps.note(connection, until, now, longest=longest, behind=ward.BEHIND):
            _log.warning("evaluation_gap_found")

    def _note_look(self, until: datetime, *, is_done: bool) -> None:
        """Note up to when the homes were looked at, and that nothing waits any more, whichever process found that something did."""
        machine = time.monotonic()
        if not _is_just_seen(self._looked, until, machine):
            with self._database.transaction() as connection:
                evaluation_gaps.note_look(connection, until, self._clock.now() + _CLOCK_MAY_GO_BACK)
            self._looked = (until, machine)
        if is_done and not _is_just_seen(self._caught_up, until, machine):
            with self._database.transaction() as connection:
                evaluation_gaps.end_lasting(connection, self._clock.now())
            self._caught_up = (until, machine)

    def _evaluate_calls_of_devices(self, until: datetime, now: datetime) -> None:
        """Raise calls for help that belong to nobody, and what may be one, whatever becomes of the rest."""
        for rule in (unassigned_calls, unclear_calls):
            try:
                with self._database.transaction() as connection:
                    rule.evaluate(connection, until, now)
            except StoreUnavailableError:
                raise
            except Exception:  # noqa: BLE001 - the fence round one rule
                _log.exception("rule_failed", rule=rule.NAME)

    def _evaluate_areas(self, until: datetime, now: datetime) -> None:
        """Evaluate the neighbourhoods before their homes: what is raised there once is not raised for each home."""
        began = time.monotonic()
        was_just_seen = (
            self._areas_seen is not None and timedelta() <= until - self._areas_seen < _AREAS_EVERY
        )
        if was_just_seen and began < self._areas_rest_until:
            return
        self._areas_seen = until
        try:
            with self._database.transaction() as connection:
                areas.evaluate_areas(connection, until, now, self._machine_span(_SLACK_S))
        except StoreUnavailableError:
            raise
        except Exception:  # noqa: BLE001 - the fence round one rule
            _log.exception("rule_failed", rule=area_silent.NAME)
        self._areas_rest_until = began + (time.monotonic() - began) / _AREAS_SHARE

    def _evaluate_urgent(self, until: datetime, put_off: set[int]) -> int:
        """Evaluate the homes where somebody calls for help, without a look at what all others sent."""
        with self._database.transaction() as connection:
            homes = evaluation_queue.claim_urgent(connection, _LEAST_BATCH, put_off)
            self._evaluate_homes(connection, homes, until, put_off)
        return len(homes)

    def _evaluate_batch(self, until: datetime, put_off: set[int]) -> int:
        """Drop the changes that no rule asks for, and evaluate the first of the others."""
        began = time.monotonic()
        with self._database.transaction() as connection:
            evaluation_queue.drop_idle_changes(connection, until)
        with self._database.transaction() as connection:
            homes = evaluation_queue.claim_homes(connection, until, self._batch, put_off)
            self._evaluate_homes(connection, homes, until, put_off)
        if len(homes) == self._batch:
            fitting = self._batch * _BATCH_S / max(0.001, time.monotonic() - began)
            self._batch = min(
                max(round(fitting), _LEAST_BATCH, self._batch // 2), _MOST_BATCH, self._batch * 2
            )
        return len(homes)

    def _evaluate_homes(
        self, connection: Connection, homes: Sequence[int], until: datetime, put_off: set[int]
    ) -> None:
        if not homes:
            return
        began = time.monotonic()
        records = _records(connection, homes, until)
        if not self._evaluate_together(connection, homes, until, records):
            for home in homes:
                self._evaluate_home(connection, self._span(home, until), records, put_off)
        self._tally.add("detectors_evaluated_homes", by=len(homes))
        self._tally.add("detectors_evaluation_seconds", by=time.monotonic() - began)

    def _span(self, home: int, until: datetime) -> HomeSpan:
        return HomeSpan(home, until, self._clock.now(), self._machine_span(_SLACK_S))

    def _evaluate_together(
        self,
        connection: Connection,
        homes: Sequence[int],
        until: datetime,
        records: Mapping[int, HomeRecord],
    ) -> bool:
        """Evaluate homes behind one savepoint, which costs less than one for each; False, and nothing is changed, if any of them fails."""
        if not all(home in records for home in homes):
            return False
        try:
            with translated_errors(), connection.transaction():
                settled: list[Settled] = []
                for home in homes:
                    context = HomeContext(connection, self._span(home, until), records[home])
                    evaluate_calls(context)
                    evaluate_rest(context, self._cache)
                    settled += context.settled
                evaluation_queue.save(connection, settled)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - each of them is tried by itself, and what fails is noted there
            _log.warning("batch_evaluation_failed", homes=len(homes), error=type(error).__name__)
            return False
        return True

    def _evaluate_home(
        self, connection: Connection, span: HomeSpan, records: Mapping[int, HomeRecord], put_off: set[int]
    ) -> None:
        """Evaluate one home; one that fails is noted and put off, and does not stop the others."""
        home, until, now = span.home, span.until, span.now
        since = until
        try:
            with translated_errors():
                record = records.get(home)
                if record is None:
                    with connection.transaction():
                        record = load_records(connection, [home], until)[home]
                since = record.evaluated_from
                context = HomeContext(connection, span, record)
                if record.calls:
                    with connection.transaction():
                        evaluate_calls(context)
                with connection.transaction():
                    evaluate_rest(context, self._cache)
                    evaluation_queue.save(connection, context.settled)
        except StoreUnavailableError:
            raise
        except Exception:  # noqa: BLE001 - the fence round one home
            _log.exception("home_evaluation_failed", home=home)
            self._tally.add("detectors_failed_homes")
            put_off.add(home)
            evaluation_queue.postpone(
                connection,
                home,
                "home",
                since=since,
                not_before=until - ALLOWED_LATENESS,
                due_at=until + FAILED_FOR,
                now=now,
            )

    def _wait(self, listener: NotifyListener) -> None:
        with self._database.transaction() as connection:
            due_at = evaluation_queue.next_due(connection)
        rest_s = _LONGEST_WAIT_S if due_at is None else self._clock.real_seconds(due_at - self._clock.now())
        received = listener.wait(min(_LONGEST_WAIT_S, max(_SHORTEST_WAIT_S, rest_s)))
        if received and not any(payload == _URGENT for _, payload in received):
            # Changes come in bursts: a short wait evaluates them together, but never lets a call for help wait.
            listener.wait(_COALESCE_S)

    def _machine_span(self, seconds: float) -> timedelta:
        """Return how much time of the service's clock passes in some seconds of the machine."""
        return timedelta(seconds=seconds * self._clock.factor)


def _is_just_seen(seen: tuple[datetime, float] | None, until: datetime, machine: float) -> bool:
    """Return whether something was done so lately, by the machine and by the service's time, that it need not be done again."""
    if seen is None:
        return False
    return machine - seen[1] < _WARD_EVERY_S and timedelta() <= until - seen[0] < timedelta(minutes=1)


def _records(connection: Connection, homes: Sequence[int], until: datetime) -> dict[int, HomeRecord]:
    """Return what is on record about claimed homes; nothing if that of one cannot be read, and then each is read by itself."""
    try:
        with translated_errors(), connection.transaction():
            return load_records(connection, homes, until)
    except StoreUnavailableError:
        raise
    except Exception:  # noqa: BLE001 - the fence round one home finds out which it is
        return {}
