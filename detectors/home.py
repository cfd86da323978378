"""Judges one home: calls for help, its equipment, then each of its residents, in the transaction of the one who claimed it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from core.domain.alert import Finding
from core.domain.device import DeviceKind
from core.logs import get_logger
from core.store import absences, blind_times, judging
from core.store.blind_times import BlindTime
from core.store.database import Connection
from core.store.episodes import Matter
from core.store.judging import ActiveAlert, WatchedResident
from core.store.measurements import Situation
from detectors import batteries, days, places, sensors
from detectors.alerting.reconcile import reconcile
from detectors.book import Book, Memory, Who
from detectors.records import REACH, HomeRecord
from detectors.rulebook import rules_of
from detectors.rules import battery, decline, geofence_exit, inactivity, stuck
from detectors.rules.judgement import Blind, Judgement, Rule, Window, earliest, moment
from detectors.rules.patience import Sensitivity
from detectors.rules.silence import DEVICE_SILENT, HOME_SILENT, HomeLinks, Link, judge_home
from detectors.rules.sos import SosCall
from detectors.usual import RHYTHM, SILENCES
from detectors.window import BLIND_BACK, HomeView, Planned, blind_on_record, load_calls, load_window

# Nobody goes unjudged longer than this, whatever the deadlines say.
_AT_LEAST_EVERY = timedelta(hours=24)
# What is held back until something is decided elsewhere is looked at again after this time.
_HELD_FOR = timedelta(seconds=10)
# What failed is tried again after this time.
FAILED_FOR = timedelta(minutes=5)
_SILENT_CAUSES = ("offline", "no_heartbeat")

# Judges what is looked at once a day, given when the oldest active alert of the rule began; None if it is not time.
DailyJudge = Callable[[datetime | None], Judgement | None]

_log = get_logger(__name__)


@dataclass(frozen=True)
class HomeSpan:
    """What the runner asks for: a home, up to when, and by which clock.

    `slack` is the least time that counts as silence of equipment.
    """

    home: int
    until: datetime
    now: datetime
    slack: timedelta


@dataclass(frozen=True)
class _Waiting:
    """Until when a resident need not be judged, and which news end that."""

    due_at: datetime | None
    is_eager: bool
    follows_track: bool


class HomeJudging:
    """One judging of a home.

    Parameters
    ----------
    connection : Connection
        Inside the transaction that holds the claim on the home and took its news.
    span : HomeSpan
        What to judge.
    record : HomeRecord
        What is on record about the home.
    memory : Memory
        What was learned, as read for earlier judgings.
    """

    def __init__(self, connection: Connection, span: HomeSpan, record: HomeRecord, memory: Memory) -> None:
        self._connection = connection
        self._memory = memory
        self._span = span
        self._record = record
        self._people = record.people
        self._watched = [one for one in self._people if one.watched_from < span.until]
        self._since = record.since
        self._known_active: Sequence[ActiveAlert] | None = record.active

    def judge_calls(self) -> None:
        """Raise the calls for help: first of all, and whatever else fails."""
        for one in self._watched:
            since = self._since[one.number]
            for call in self._record.calls:
                window = load_calls(
                    self._connection, self._span.home, one, since, is_lead=self._is_lead(one), call=call
                )
                judged = SosCall(call).judge(window, since, self._span.until)
                self._reconcile(one.number, judged.findings, {Matter(call, f"resident:{one.number}")})

    def judge_rest(self) -> None:
        """Judge the equipment and everything else about the residents, and settle when to look again."""
        for one in self._people:
            if one not in self._watched:
                # A moment later than that, or somebody watched from just now on would stay due now.
                due_at = one.watched_from + timedelta(microseconds=1)
                self._settle(one, _Waiting(due_at, is_eager=False, follows_track=False), one.state, None)
        if not self._watched:
            return
        until = self._span.until
        view, links = self._record.ward, self._record.links
        equipment = judge_home(self._span.home, links, view.hushed, until, slack=self._span.slack)
        on_record = self._keep(links, equipment)
        self._judge_batteries(links)
        self._judge_sensors(links)
        silent = {device for device, _ in equipment.device_absences}
        kinds = {link.kind for link in links if link.device not in silent}
        home_view = HomeView(
            self._span.home,
            (*view.blind, *on_record, *equipment.blind),
            view.undecided_from,
            has_door=DeviceKind.DOOR in kinds,
            has_tracker=any(link.kind in {DeviceKind.TRACKER, DeviceKind.OTHER} for link in links),
        )
        for one in self._watched:
            self._judge_resident(one, home_view, equipment)

    def _is_lead(self, resident: WatchedResident) -> bool:
        return resident.number == self._people[0].number

    def _keep(self, links: Sequence[Link], equipment: HomeLinks) -> list[Blind]:
        """Keep the silences of the equipment on record, bring its alerts in line, and return the blind time on record."""
        subject = f"home:{self._span.home}"
        silent = [
            BlindTime(subject, one.began_at, one.ended_at, one.hushed_from, one.cause)
            for one in equipment.home_absences
        ]
        until = self._span.until
        blind = self._record.blind
        if silent or any(one.ended_at is None and one.cause in _SILENT_CAUSES for one in blind):
            blind_times.record(self._connection, subject, silent, _SILENT_CAUSES, until)
            since = self._record.judged_from - BLIND_BACK
            blind = blind_times.of_subjects(self._connection, (subject,), since, until)
        lasting = dict(equipment.device_absences)
        for link in links:
            one = lasting.get(link.device)
            name = f"device:{link.device}"
            if one is not None:
                row = BlindTime(name, one.began_at, None, one.known_at, one.cause)
                blind_times.record(self._connection, name, [row], _SILENT_CAUSES, until)
            elif len(link.heard) > 1:
                blind_times.record(self._connection, name, [], _SILENT_CAUSES, link.heard[-1])
        lead = self._people[0].number
        # A device that was taken away is judged too: its alert ends.
        judged = {Matter(DEVICE_SILENT, f"device:{one.device}") for one in links}
        judged |= self._active(lead, HOME_SILENT) | self._active(lead, DEVICE_SILENT)
        self._reconcile(lead, equipment.silent.findings, {*judged, Matter(HOME_SILENT, subject)})
        return blind_on_record(blind)

    def _judge_daily(
        self, resident: WatchedResident, rule: str, first: datetime, judge: DailyJudge, subjects: set[str]
    ) -> None:
        """Judge what is looked at once a day, if it is time (`first`); what fails is tried again the next day."""
        if first > self._span.until:
            return
        active = self._active_of(resident.number, rule)
        try:
            with self._connection.transaction():
                judged = judge(min((one.began_at for one in active), default=None))
        except Exception:  # noqa: BLE001 - the fence round one rule
            _log.exception("rule_failed", rule=rule, resident=resident.number)
            return
        if judged is not None:
            matters = {Matter(rule, one) for one in subjects} | {Matter(rule, one.subject) for one in active}
            self._reconcile(resident.number, judged.findings, matters)

    def _judge_batteries(self, links: Sequence[Link]) -> None:
        lead, since = self._people[0], self._record.judged_from
        judge = partial(
            batteries.judge,
            self._connection,
            self._span.home,
            lead.zone,
            (since, self._span.until),
            lead.watched_from,
        )
        first = battery.next_check(lead.zone, since)
        self._judge_daily(lead, battery.NAME, first, judge, {f"device:{one.device}" for one in links})

    def _judge_sensors(self, links: Sequence[Link]) -> None:
        lead, since = self._people[0], self._record.judged_from
        judge = partial(
            sensors.judge,
            self._connection,
            (self._span.home, [one.number for one in self._people]),
            links,
            lead.zone,
            (since, self._span.until),
            lead.watched_from,
        )
        first = stuck.next_check(lead.zone, since)
        self._judge_daily(lead, stuck.NAME, first, judge, {f"device:{one.device}" for one in links})

    def _judge_resident(self, resident: WatchedResident, view: HomeView, equipment: HomeLinks) -> None:
        span = (self._since[resident.number], self._span.until)
        record = self._record
        situation = record.situations[resident.number]
        window = load_window(
            self._connection,
            resident,
            span,
            view,
            situation,
            is_lead=self._is_lead(resident),
            open_since={one.rule: one.began_at for one in self._active_of(resident.number)},
            laid_down=Planned(
                record.fences[resident.number], record.absences[resident.number], record.has_series
            ),
        )
        who = Who(resident.number, self._span.home, resident.zone)
        compare = partial(days.judge, self._connection, who, span, resident.watched_from)
        first = decline.next_check(resident.zone, resident.number, span[0])
        self._judge_daily(resident, decline.NAME, first, compare, {f"resident:{resident.number}"})
        rules = self._rules(resident, who, situation, view)
        judgements: dict[str, Judgement] = {}
        failed: str | None = None
        for rule in rules:
            try:
                judgements[rule.name] = rule.judge(window, self._since[resident.number], self._span.until)
            except Exception:  # noqa: BLE001 - the fence round one rule
                # One failing rule never stops the others: it is noted, and tried again later.
                failed = rule.name
                _log.exception("rule_failed", rule=rule.name, resident=resident.number)
        findings = [finding for one in judgements.values() for finding in one.findings]
        matters = self._matters(resident.number, window, judgements)
        self._reconcile(resident.number, findings, matters, self._anew_since(resident))
        due = earliest(
            *(one.due_at for one in (*judgements.values(), equipment.silent)),
            *(
                (one.next_check(resident.zone, self._span.until) for one in (battery, stuck))
                if self._is_lead(resident)
                else ()
            ),
            decline.next_check(resident.zone, resident.number, self._span.until),
        )
        lasts = any(finding.cleared_at is None for finding in (*findings, *equipment.silent.findings))
        state = _state(judgements.get(inactivity.NAME))
        waits = _Waiting(
            due,
            is_eager=lasts or failed is not None or state != "as_usual" or equipment.is_awaited,
            follows_track=bool(window.geofences) or len(window.track.time) > 0,
        )
        waits = replace(waits, due_at=earliest(due, *_ahead(window, self._span.until, waits)))
        if window.absences or resident.pause is not None:
            absences.show_pause(self._connection, resident.number, span[1])
        self._settle(resident, waits, state, failed)

    def _rules(
        self, resident: WatchedResident, who: Who, situation: Situation, view: HomeView
    ) -> Sequence[Rule]:
        return rules_of(
            Sensitivity(resident.sensitivity),
            situation,
            view,
            usual_on=Book(self._connection, who, SILENCES, memory=self._memory).on,
            rhythm_on=Book(self._connection, who, RHYTHM, memory=self._memory).on,
            places_on=Book(
                self._connection, who, places.lesson(is_lead=self._is_lead(resident)), memory=self._memory
            ).on,
        )

    def _anew_since(self, resident: WatchedResident) -> datetime | None:
        """Return since when a resident is judged who was judged already, None if all of the span is new."""
        since = self._since[resident.number]
        return since if since < resident.judged_through else None

    def _matters(self, resident: int, window: Window, judgements: dict[str, Judgement]) -> set[Matter]:
        """Return what was judged: also geofences that were removed, whose alerts end."""
        matters = {Matter(rule, f"resident:{resident}") for rule in judgements if rule != geofence_exit.NAME}
        if geofence_exit.NAME in judgements:
            matters |= {Matter(geofence_exit.NAME, f"geofence:{one.number}") for one in window.geofences}
            matters |= self._active(resident, geofence_exit.NAME)
        return matters

    def _active(self, resident: int, rule: str) -> set[Matter]:
        return {Matter(one.rule, one.subject) for one in self._active_of(resident, rule)}

    def _active_of(self, resident: int, rule: str | None = None) -> list[ActiveAlert]:
        """Return what is active about a resident and nobody has closed, of one rule or all."""
        return [
            one
            for one in self._active_now()
            if one.resident == resident and not one.is_closed and rule in {None, one.rule}
        ]

    def _active_now(self) -> Sequence[ActiveAlert]:
        if self._known_active is None:
            residents = [one.number for one in self._people]
            self._known_active = judging.active_alerts(self._connection, residents, self._record.subjects)
        return self._known_active

    def _reconcile(
        self,
        resident: int,
        findings: Sequence[Finding],
        judged: set[Matter],
        anew_since: datetime | None = None,
    ) -> None:
        until, now = self._span.until, self._span.now
        active = (Matter(one.rule, one.subject) for one in self._active_now())
        if not findings and anew_since is None and judged.isdisjoint(active):
            return  # Nothing to raise and nothing to end, as nearly always.
        self._known_active = None
        reconcile(
            self._connection, resident, findings, judged=judged, until=until, now=now, anew_since=anew_since
        )

    def _settle(
        self, resident: WatchedResident, waits: _Waiting, state: str, failed_rule: str | None
    ) -> None:
        due = waits.due_at
        until = self._span.until
        is_watched = resident.watched_from < until
        if failed_rule is not None:
            due = until + FAILED_FOR
        elif is_watched:
            due = min(due or until + _AT_LEAST_EVERY, until + _AT_LEAST_EVERY)
            due = due if due > until else until + _HELD_FOR
        through = until
        if not is_watched:
            through = self._since[resident.number]
        elif failed_rule is not None:
            # What fails for days is not made up for any further back than late data are, or each try would take longer.
            through = max(self._since[resident.number], until - REACH)
        judging.settle(
            self._connection,
            resident.number,
            judged_through=through,
            due_at=due or resident.watched_from,
            is_eager=waits.is_eager,
            follows_track=waits.follows_track,
            state=state,
            failed_rule=failed_rule,
            now=self._span.now,
        )


def _ahead(window: Window, until: datetime, waits: _Waiting) -> list[datetime]:
    """Return when the first reading and the first fix happen that devices date after `until`, if such news are judged at once."""
    found: list[datetime] = []
    times = [window.life_signs.time] if waits.is_eager else []
    times += [window.track.time] if waits.is_eager or waits.follows_track else []
    for one in times:
        found += [moment(float(later)) for later in one[one > until.timestamp()][:1]]
    return found


def _state(silence: Judgement | None) -> str:
    """Return what the board says: whatever else was found, the life signs decide."""
    if silence is None or not silence.can_tell:
        return "cannot_tell"
    return "different" if silence.is_unusual else "as_usual"
