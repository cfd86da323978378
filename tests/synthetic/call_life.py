"""Made-up homes in which people press buttons and detectors call, as they and their radio really do, with the truth of it.

Four weeks of a home: a pendant of one of several makers, a cord in the bathroom, a detector of falls, one of smoke or water. Every other day or
so somebody presses: once, twice, again and again; what is sent comes late, twice, in disorder, again after hours, or from a clock that is wrong.
In between heartbeats say that nobody calls. All rates are our choice; they show that the way from the bytes to the alert loses and invents nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal

from core.domain.device import DeviceKind
from tests.synthetic.call_home import CASES, DAYS, DETECTIONS, FIRST, CallHome, ReceivedCall, TrueCall
from tests.synthetic.call_senders import LORA, NATIVE, TASMOTA, UNNUMBERED, ZIGBEE, ZIGBEE_TIMED, Caller

_EVERY_DAYS = 1.5
_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class _Way:
    """One delivery of a message: how long after it was made, and how the broker marks it."""

    after: timedelta
    mark: Literal["", "retained", "repeated"] = ""


@dataclass
class _Said:
    """Something that a device says, in one message; numbers are given when all is known that it says."""

    caller: Caller
    moments: list[tuple[datetime, bool]]
    ways: list[_Way]
    # Before this one it lost its memory; it may say so when it connects.
    anew: Literal["", "silently", "with status"] = ""

    @property
    def at(self) -> datetime:
        return self.moments[-1][0]


def make(number: int, days: int = DAYS) -> CallHome:
    """Make up one home; the same number gives the same one."""
    return _Life(number, days).lived()


class _Life:
    """The life of one home in the making."""

    def __init__(self, number: int, days: int) -> None:
        self._rng = Random(f"calls/{number}")
        self._days = days
        self._said: list[_Said] = []
        self._home = CallHome(number)
        self._pendant = Caller(
            number, f"pendant-{number}", DeviceKind.BUTTON, "sos", (NATIVE, *UNNUMBERED)[number % 5]
        )
        self._cord = Caller(number, f"cord-{number}", DeviceKind.BUTTON, "sos", NATIVE)
        _set_clock(self._pendant, number // 5 % 7)
        detector = (NATIVE, NATIVE, ZIGBEE, ZIGBEE_TIMED, LORA, NATIVE)[number % 6]
        self._fall = Caller(number, f"fall-{number}", DeviceKind.OTHER, "fall", detector)
        metric, family = (("smoke", ZIGBEE), ("water_leak", LORA), ("smoke", TASMOTA))[number % 3]
        self._alarm = Caller(number, f"alarm-{number}", DeviceKind.OTHER, metric, family)
        self._home.callers += [self._pendant, self._cord, self._fall, self._alarm]

    def lived(self) -> CallHome:
        """Return the home with all that happened in it."""
        rng, home = self._rng, self._home
        for _ in range(40):
            slow = rng.choice([(1, 6), (5, 45), (60, 1500)])
            home.closings.append(rng.uniform(*slow) * _MINUTE)
        for occasion in range(int((self._days - 2) / _EVERY_DAYS)):
            case = CASES[(occasion + 5 * home.number) % len(CASES)]
            at = FIRST + timedelta(days=1 + occasion * _EVERY_DAYS, seconds=rng.randint(0, 40_000))
            self._happen(case, at)
        for caller in home.callers:
            self._beat(caller)
        self._send()
        home.arrivals.sort(key=lambda one: one.received_at)
        home.calls.sort(key=lambda one: one.arrived_at)
        return home

    def _happen(self, case: str, at: datetime) -> None:
        rng = self._rng
        button = rng.choice([self._pendant, self._cord])
        numbered = self._pendant if self._pendant.family == NATIVE and rng.random() < 0.5 else self._cord
        if case in DETECTIONS:
            self._detect(case, at)
        elif case in {"single", "double", "panic", "two_buttons", "hours_later", "soon_again", "while_away"}:
            self._press_often(case, button, at)
        elif case == "kept_by_gateway":
            self._press_kept(case, button, at)
        elif case == "numbers_lost":
            self._press_anew(case, numbered, at)
        elif case == "out_of_order":
            self._press(case, button, at, after=rng.uniform(30, 900) * _SECOND)
            apart = rng.choice([rng.uniform(3, 110), rng.uniform(130, 500)])
            self._press(case, button, at + apart * _SECOND)
        else:
            self._press_copied(case, button, numbered, at)

    def _press_often(self, case: str, button: Caller, at: datetime) -> None:
        """Press as people do: once, again and again, here and there, and again after a while."""
        rng = self._rng
        if case == "while_away":
            self._home.journeys.append((at - 10 * _HOUR, at + 20 * _HOUR))
        if case == "two_buttons":
            self._press(case, self._pendant, at)
            self._press(case, self._cord, at + rng.uniform(5, 300) * _SECOND)
            return
        presses = {"double": 2, "panic": rng.randint(4, 12), "hours_later": 3, "soon_again": 4}.get(case, 1)
        for _ in range(presses):
            self._press(case, button, at)
            at += {
                "double": rng.uniform(1, 5) * _SECOND,
                "panic": max(1.0, rng.expovariate(1 / 40)) * _SECOND,
                "hours_later": rng.uniform(2, 9) * _HOUR,
            }.get(case, rng.uniform(1.5, 25) * _MINUTE)

    def _press_copied(self, case: str, button: Caller, numbered: Caller, at: datetime) -> None:
        """Press once, and let it come again: from the device, or as a copy of the broker's."""
        rng = self._rng
        if case == "sent_again":
            again = [rng.uniform(4, 600) * _SECOND, rng.uniform(0.2, 6) * _HOUR]
            self._press(case, numbered, at, [_Way(one) for one in again[: rng.randint(1, 2)]])
        elif case == "delivered_twice":
            self._press(case, button, at, [_Way(rng.uniform(3, 40) * _SECOND, "repeated")])
        elif rng.random() < 0.4:
            # Ingest was away for so long that the broker had forgotten it: first the kept copy, then the device, which was asked.
            self._press(case, numbered, at, [_Way(3 * _HOUR, "retained")], 3 * _HOUR + 20 * _SECOND)
        else:
            copies = [_Way(rng.uniform(0.2, 30) * _HOUR, "retained") for _ in range(rng.randint(1, 3))]
            self._press(case, button, at, copies)

    def _press(
        self,
        case: str,
        button: Caller,
        at: datetime,
        more: list[_Way] | None = None,
        after: timedelta | None = None,
        anew: Literal["", "silently", "with status"] = "",
    ) -> None:
        after = after or self._rng.uniform(0.1, 2) * _SECOND
        self._said.append(_Said(button, [(at, True)], [_Way(after), *(more or [])], anew))
        self._home.calls.append(TrueCall(button.metric, case, button.name, at, at + after, at + after))

    def _press_kept(self, case: str, button: Caller, at: datetime) -> None:
        """Press while the gateway is off: everything comes when it is back, from a native one in one message."""
        rng = self._rng
        presses = sorted(at + rng.uniform(0, 20) * _MINUTE for _ in range(rng.randint(1, 3)))
        back = at + rng.choice([0.6, 3.0, 11.0, 27.0]) * _HOUR
        if button.family == NATIVE:
            self._said.append(_Said(button, [(one, True) for one in presses], [_Way(back - presses[-1])]))
        for place, one in enumerate(presses):
            received = back + place * 0.02 * _SECOND
            if button.family != NATIVE:
                self._said.append(_Said(button, [(one, True)], [_Way(received - one)]))
            self._home.calls.append(TrueCall(button.metric, case, button.name, one, received, received))

    def _press_anew(self, case: str, button: Caller, at: datetime) -> None:
        """Press after the button lost its numbers; and again hours later, without a message in between."""
        anew = self._rng.choice(["silently", "with status"])
        self._press(case, button, at, anew="with status" if anew == "with status" else "silently")
        for _ in range(2):
            at += self._rng.uniform(0.5, 5) * _HOUR
            # A button that has neither memory nor clock counts from one with every press.
            self._press(case, button, at, anew="silently" if button.stopped_clock is not None else "")

    def _detect(self, case: str, at: datetime) -> None:
        rng, number = self._rng, self._home.number
        if case == "alarm":
            every = {ZIGBEE: (30, 300), LORA: (1200, 1200), TASMOTA: (1e6, 1e6)}[self._alarm.family]
            lasts = rng.uniform(2, 20) * _HOUR if self._alarm.family == LORA else rng.uniform(5, 40) * _MINUTE
            self._find(case, self._alarm, at, lasts, every)
            return
        every, lasts = {
            NATIVE: ((60.0, 60.0), rng.uniform(5, 40) * _MINUTE),
            LORA: ((600.0, 600.0), rng.uniform(20, 90) * _MINUTE),
        }.get(self._fall.family, ((10.0, 240.0), rng.uniform(10, 90) * _MINUTE))
        if number % 6 == 0:
            # This one says it once.
            lasts = timedelta()
        back = at + rng.uniform(2, 6) * _HOUR if case == "fall_kept_by_gateway" else None
        self._find(case, self._fall, at, lasts, every, back)
        if case == "fall_again":
            self._find(case, self._fall, at + rng.uniform(1.6, 5) * _HOUR, lasts, every)

    def _find(
        self,
        case: str,
        detector: Caller,
        at: datetime,
        lasts: timedelta,
        every_s: tuple[float, float],
        back: datetime | None = None,
    ) -> None:
        """Let a detector say again and again that it finds something, and that it is over if it ever says that."""
        rng, now, received = self._rng, at, list[datetime]()
        while now <= at + lasts:
            # A gateway that comes back sends one after the other.
            arrives = now + _SECOND if back is None or back < now else back + 0.02 * len(received) * _SECOND
            if now == at or rng.random() >= 0.07:
                self._said.append(_Said(detector, [(now, True)], [_Way(arrives - now)]))
                received.append(arrives)
            now += rng.uniform(*every_s) * _SECOND
        if not self._says_only_true(detector):
            over = max(at + lasts, now - every_s[0] * _SECOND) + _SECOND
            arrives = max(over, back or over) + 5 * _SECOND
            self._said.append(_Said(detector, [(over, False)], [_Way(arrives - over)]))
        self._home.calls.append(TrueCall(detector.metric, case, detector.name, at, received[0], received[-1]))

    def _says_only_true(self, detector: Caller) -> bool:
        return detector is self._fall and self._home.number % 6 in {0, 5}

    def _beat(self, caller: Caller) -> None:
        """Let it say now and then that nobody calls, but not while it does."""
        if self._says_only_true(caller):
            return
        busy = [(one.made_at, one.ended_at) for one in self._home.calls if one.caller == caller.name]
        at = FIRST + self._rng.uniform(0, 4) * _HOUR
        while at < FIRST + timedelta(days=self._days - 1):
            if not any(began - _MINUTE <= at <= ended + 5 * _MINUTE for began, ended in busy):
                self._said.append(_Said(caller, [(at, False)], [_Way(_SECOND)]))
            at += self._rng.uniform(3, 5) * _HOUR

    def _send(self) -> None:
        """Give each message its number and its bytes, in the order in which they were made."""
        for said in sorted(self._said, key=lambda one: one.at):
            caller = said.caller
            if said.anew:
                caller.made = 0
                if said.anew == "with status":
                    topic, payload = caller.status()
                    self._home.arrivals.append(ReceivedCall(said.at - _SECOND, topic, payload))
            sent_at = said.at + said.ways[0].after
            payload = caller.message(*said.moments, sent_at=sent_at)
            for way in said.ways:
                marks = way.mark == "retained", way.mark == "repeated"
                self._home.arrivals.append(ReceivedCall(said.at + way.after, caller.topic(), payload, *marks))


def _set_clock(button: Caller, which: int) -> None:
    """Give a native button one of several clocks, most of which are wrong."""
    if button.family != NATIVE:
        return
    off = (timedelta(), 4 * _MINUTE, 3 * _HOUR, -2 * _HOUR, timedelta(days=-40))
    button.reports_sending = which in {2, 6}
    if which < len(off):
        button.clock_off = off[which]
    else:
        button.stopped_clock = datetime(1970 if which == 5 else 2026, 1, 1, tzinfo=UTC)
