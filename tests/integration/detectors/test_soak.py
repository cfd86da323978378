"""Six service days of a ward, answered and unanswered, with senders killed in between: what people are sent, and what they never are.

The long form, with `LONG_FAULTS=1` in the environment, runs under `make test-faults`; the short one has fewer homes and days. It prints
the messages for each resident and day, by kind.
"""

import itertools
import os
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.alert import NotificationKind, Outcome, Severity, Subject
from core.domain.delivery.record import Attempt, DeliveryResult
from core.domain.rules import WHEREABOUTS
from core.store.alerts import alerts, episodes, handling, notifications
from core.store.database import Database
from detectors.alerting import planner
from detectors.alerting.delivery import Office, Sender
from detectors.alerting.outgoing import OutgoingMessage
from tests.support.alerting import CENTRE, HANAKO, TARO, HandClock, finding
from tests.support.wards import ward_files
from tests.support.wards.notified_ward import FIRST_CALL, TOKYO

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

_LONG = bool(os.environ.get("LONG_FAULTS"))
_HOMES, _DAYS = (40, 6) if _LONG else (6, 2)
_ENDS = {NotificationKind.CLEARED, NotificationKind.CLOSED}
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
# A lease that a killed sender left is over at once, so that the week need not wait for the machine's clock.
_LEASE = timedelta(microseconds=1)
_KILLED_EVERY = 25


class _KilledError(BaseException):
    """The sender dies after the message was accepted, before anything is written down."""


@dataclass
class _Phones:
    """Takes every message; `kills` of them end the sender that brought them."""

    clock: HandClock
    got: list[tuple[datetime, OutgoingMessage]] = field(
        default_factory=list[tuple[datetime, OutgoingMessage]]
    )
    kills: int = 0

    def send(self, message: OutgoingMessage) -> Attempt:
        """Take a message."""
        self.got.append((self.clock.now(), message))
        if len(self.got) % _KILLED_EVERY == 0:
            self.kills += 1
            raise _KilledError
        return Attempt(DeliveryResult.DELIVERED)


@dataclass
class _Week:
    """A ward whose events wait for their time; whoever delivers may be killed and goes on."""

    database: Database
    clock: HandClock
    phones: _Phones
    waiting: list[tuple[datetime, int, Callable[[], None]]] = field(
        default_factory=list[tuple[datetime, int, Callable[[], None]]]
    )
    alerts: dict[int, tuple[int, str]] = field(default_factory=dict[int, tuple[int, str]])

    def at(self, after: timedelta, do: Callable[[], None]) -> None:
        self.waiting.append((self.clock.now() + after, len(self.waiting), do))

    def run(self, until: datetime) -> None:
        while self.clock.now() < until:
            self.deliver()
            with self.database.transaction() as connection:
                due_at = notifications.next_due(connection) or until
            upcoming = min([due_at, until, *(one[0] for one in self.waiting)])
            rest = max(upcoming - self.clock.now(), timedelta(seconds=1))
            self.clock.advance(seconds=rest.total_seconds())
            for one in sorted(each for each in self.waiting if each[0] <= self.clock.now()):
                self.waiting.remove(one)
                one[2]()

    def deliver(self) -> None:
        # A new sender each time: the one before has ended or was killed.
        office = Office("https://mimamori.example.jp", "03-5555-0000", TOKYO)
        sender = Sender(self.database, self.clock, self.phones, office, lease=_LEASE)
        planner.plan_all(self.database, self.clock.now())
        try:
            while sender.send_one():
                planner.plan_all(self.database, self.clock.now())
        except _KilledError:
            self.deliver()

    def raise_alert(
        self, resident: int, rule: str, severity: Severity, subject: Subject | None = None
    ) -> int:
        now = self.clock.now()
        about = subject or Subject.of_resident(resident)
        found = finding(rule=rule, subject=about, severity=severity, began_at=now, raised_at=now, reason={})
        with self.database.transaction() as connection:
            number = episodes.open_or_update(connection, found, resident, None, now)
        assert number is not None
        self.alerts[number] = (resident, rule)
        return number

    def end(self, number: int) -> None:
        with self.database.transaction() as connection:
            alert = alerts.get(connection, number)
            if alert.cleared_at is None:
                episodes.clear(connection, alert, self.clock.now(), self.clock.now())

    def end_all(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self.end(number)

    def act(self, action: Any, number: int, **options: Any) -> None:
        with self.database.transaction() as connection:
            if alerts.get(connection, number).closed_at is None:
                action(connection, number, now=self.clock.now(), **options)


def _live(week: _Week, resident: int, chance: random.Random) -> None:
    """Let one day of a home happen: a call, a walk, a silence, a hot room, in different likelihoods, some of it answered."""

    def minutes(most: float) -> timedelta:
        return timedelta(minutes=chance.uniform(1, most))

    def answered(number: int) -> None:
        if chance.random() < 0.6:
            week.at(minutes(30), lambda: week.act(handling.claim, number, user=2, take_over=True))
            if chance.random() < 0.8:
                outcome = chance.choice([Outcome.SAFE_CONTACTED, Outcome.AMBULANCE_CALLED])
                week.at(
                    timedelta(minutes=40), lambda: week.act(handling.close, number, user=2, outcome=outcome)
                )

    def call() -> None:
        number = week.raise_alert(resident, "sos", Severity.EMERGENCY)
        for _ in range(chance.choice([0, 0, 1, 2])):
            week.at(minutes(300), lambda: (week.raise_alert(resident, "sos", Severity.EMERGENCY), None)[1])
        answered(number)

    def walk() -> None:
        fence = Subject.of_geofence(resident)
        raised = [week.raise_alert(resident, "geofence_exit", Severity.CHECK_SOON, fence)]
        more = [("wandering", Severity.EMERGENCY), ("not_returned", Severity.CHECK_SOON)]
        for rule, severity in chance.sample(more, chance.randint(0, 2)):
            week.at(
                minutes(50),
                lambda rule=rule, severity=severity: raised.append(
                    week.raise_alert(resident, rule, severity)
                ),
            )
        answered(raised[0])
        week.at(timedelta(minutes=chance.uniform(60, 400)), lambda: week.end_all(raised))

    def silence() -> None:
        number = week.raise_alert(resident, "inactivity", Severity.CHECK_SOON)
        answered(number)
        week.at(minutes(900), lambda: week.end(number))

    def heat() -> None:
        number = week.raise_alert(resident, "heat", Severity.CHECK_SOON)
        week.at(minutes(240), lambda: week.end(number))

    for happens, likely in ((call, 0.12), (walk, 0.12), (silence, 0.25), (heat, 0.15)):
        if chance.random() < likely:
            week.at(timedelta(minutes=chance.uniform(0, 1000)), happens)


def _ward() -> dict[str, Any]:
    ward = ward_files.small_ward()
    ward["offices"][0]["centre"] = [CENTRE]
    (home,) = ward["homes"]
    (person,) = home["residents"]
    homes: list[dict[str, Any]] = []
    for number in range(1, _HOMES + 1):
        contacts = [{**one, "address": f"{number}-{one['address']}", "user": None} for one in (TARO, HANAKO)]
        one = {**person, "key": f"r{number}", "name": f"山田{number}", "contacts": contacts}
        one.pop("family_users", None)
        homes.append({**home, "name": f"3丁目 {number:03}", "residents": [one], "devices": []})
    return {**ward, "homes": homes}


def test_six_days_of_a_ward_flood_nobody_and_leave_nobody_with_an_open_end(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(20260801)
    with Database(database_url, size=3) as database:
        with database.transaction() as connection:
            ward_files.register(connection, ward_files.write_ward(tmp_path, _ward()))
        clock = HandClock(FIRST_CALL)
        week = _Week(database, clock, _Phones(clock))
        for _ in range(_DAYS):
            for resident in range(1, _HOMES + 1):
                _live(week, resident, chance)
            week.run(clock.now() + timedelta(days=1))
        phones = week.phones

    counts = Counter(str(message.kind) for _, message in phones.got)
    resident_days = _HOMES * _DAYS
    with capsys.disabled():
        said = ", ".join(f"{kind} {n / resident_days:.2f}" for kind, n in sorted(counts.items()))
        sys.stdout.write(
            f"\n{_HOMES} homes, {_DAYS} days, {phones.kills} kills; for each resident and day: {said}\n"
        )
    _check(week)


def _topic(week: _Week, alert: int) -> tuple[int, str]:
    """Return what belongs together: a walk of a resident, or else one alert."""
    resident, rule = week.alerts[alert]
    return (resident, "whereabouts") if rule in WHEREABOUTS else (alert, rule)


def _check(week: _Week) -> None:
    assert week.phones.got
    by_reader: dict[tuple[tuple[int, str], str], list[tuple[datetime, OutgoingMessage]]] = defaultdict(list)
    repeats = 0
    for at, message in week.phones.got:
        assert message.alert is not None
        read = by_reader[_topic(week, message.alert.number), message.address]
        # A killed sender's message comes a second time, and no other does.
        if any(before.request_key == message.request_key for _, before in read):
            repeats += 1
            continue
        read.append((at, message))
        body = message.text.body.split("\n", 2)[2]
        # Each says whom it is about, and when.
        assert _CLOCK.search(body), body
        assert re.search(r"お母さん|Mum|山田\d+", body), body
    assert repeats <= week.phones.kills
    for (topic, address), read in by_reader.items():
        for at, _ in read:
            day = [one for when, one in read if timedelta(0) <= at - when < timedelta(hours=24)]
            # What would reach nobody goes to the centre all the same; of that an opening an hour is the most.
            is_last_step = address == CENTRE["address"]
            beyond = sum(one.kind is NotificationKind.OPENING for one in day) if is_last_step else 0
            # Whose sixth was that nobody is checking any more learns of the end besides.
            last = [one.kind for one in day[-2:]]
            beyond += int(last[-1] in _ENDS and NotificationKind.UNCLAIMED in last)
            assert len(day) - beyond <= 6, (topic, address, [one.kind for one in day])
            assert len(day) <= 6 or beyond >= len(day) - 5, (topic, address, [one.kind for one in day])
        for (_, before), (_, after) in itertools.pairwise(read):
            # After an end comes nothing but how it was closed, or another beginning.
            allowed = {NotificationKind.CLOSED, NotificationKind.OPENING}
            assert before.kind not in _ENDS or after.kind in allowed, (topic, before.kind, after.kind)
            assert before.text.body != after.text.body
