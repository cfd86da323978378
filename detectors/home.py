"""Judges one home: calls for help, its equipment, then each of its residents, in the transaction of the one who claimed it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from core.domain.alert import Finding
from core.domain.device import DeviceKind
from core.logs import get_logger
from core.store import absences, judging, measurements
from core.store.database import Connection
from core.store.episodes import Matter
from core.store.judging import BlindTime, WatchedResident
from detectors import batteries, days, ward
from detectors.alerting.reconcile import reconcile
from detectors.places import PlacesBook
from detectors.rulebook import rules_of
from detectors.rules import battery, decline, geofence_exit, inactivity, sos
from detectors.rules.judgement import Judgement, Window, earliest, moment
from detectors.rules.patience import Sensitivity
from detectors.rules.silence import DEVICE_SILENT, HOME_SILENT, HomeLinks, Link, judge_home
from detectors.rules.sos import SosCall
from detectors.usual import RhythmBook, UsualBook, Who
from detectors.window import BLIND_BACK, HomeView, load_blind, load_calls, load_links, load_window

# Late data are judged again up to this far back; what is older is only stored.
REACH = timedelta(hours=48)
# Nobody goes unjudged longer than this, whatever the deadlines say.
_AT_LEAST_EVERY = timedelta(hours=24)
# What is held back until something is decided elsewhere is looked at again after this time.
_HELD_FOR = timedelta(seconds=10)
# What failed is tried again after this time.
FAILED_FOR = timedelta(minutes=5)
_STATUS_BACK = timedelta(hours=48)
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
    """One judging of a home; making it takes the home's news.

    Parameters
    ----------
    connection : Connection
        Inside the transaction that holds the claim on the home.
    span : HomeSpan
        What to judge.
    """

    def __init__(self, connection: Connection, span: HomeSpan) -> None:
        self._connection = connection
        self._span = span
        news_from = judging.take_news(connection, span.home)
        self._people = judging.watched_residents(connection, span.home)
        self._watched = [one for one in self._people if one.watched_from < span.until]
        self._since = {one.number: self._judge_from(one, news_from) for one in self._people}

    @property
    def since(self) -> datetime:
        """From when on the home is judged."""
        return min(self._since.values(), default=self._span.until)

    def judge_calls(self) -> None:
        """Raise the calls for help: first of all, and whatever else fails."""
        for one in self._watched:
            since = self._since[one.number]
            window = load_calls(self._connection, self._span.home, one, since, is_lead=self._is_lead(one))
            judged = SosCall().judge(window, since, self._span.until)
            self._reconcile(one.number, judged.findings, {Matter(sos.NAME, f"resident:{one.number}")})

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
        view = ward.view(self._connection, self.since - BLIND_BACK, until)
        links = load_links(self._connection, self._span.home, self.since - _STATUS_BACK, until)
        equipment = judge_home(self._span.home, links, view.hushed, until, slack=self._span.slack)
        self._record(links, equipment)
        self._judge_batteries(links)
        on_record = load_blind(self._connection, self._span.home, self.since - BLIND_BACK, until)
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

    def _judge_from(self, resident: WatchedResident, news_from: datetime | None) -> datetime:
        """Return from when on a resident must be judged: back to late data, as far as they reach."""
        since = resident.judged_through
        if news_from is not None and news_from <= since:
            reach = since - REACH
            if news_from < reach and resident.watched_from < reach:
                _log.info("late_data_beyond_reach", resident=resident.number)
            since = max(news_from - timedelta(microseconds=1), reach)
        return max(since, resident.watched_from)

    def _record(self, links: Sequence[Link], equipment: HomeLinks) -> None:
        """Keep the silences of the equipment on record, and bring its alerts in line."""
        subject = f"home:{self._span.home}"
        silent = [
            BlindTime(subject, one.began_at, one.ended_at, one.hushed_from, one.cause)
            for one in equipment.home_absences
        ]
        until = self._span.until
        judging.record_blind_times(self._connection, subject, silent, _SILENT_CAUSES, until)
        lasting = dict(equipment.device_absences)
        for link in links:
            one = lasting.get(link.device)
            name = f"device:{link.device}"
            if one is not None:
                row = BlindTime(name, one.began_at, None, one.known_at, one.cause)
                judging.record_blind_times(self._connection, name, [row], _SILENT_CAUSES, until)
            elif len(link.heard) > 1:
                judging.record_blind_times(self._connection, name, [], _SILENT_CAUSES, link.heard[-1])
        lead = self._people[0].number
        # A device that was taken away is judged too: its alert ends.
        judged = {Matter(DEVICE_SILENT, f"device:{one.device}") for one in links}
        judged |= self._active(lead, HOME_SILENT) | self._active(lead, DEVICE_SILENT)
        self._reconcile(lead, equipment.silent.findings, {*judged, Matter(HOME_SILENT, subject)})

    def _judge_daily(
        self, resident: WatchedResident, rule: str, judge: DailyJudge, subjects: set[str]
    ) -> None:
        """Judge what is looked at once a day, if it is time; what fails is tried again the next day."""
        active = [one for one in judging.active_alerts(self._connection, resident.number) if one.rule == rule]
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
        lead = self._people[0]
        judge = partial(
            batteries.judge,
            self._connection,
            self._span.home,
            lead.zone,
            (self.since, self._span.until),
            lead.watched_from,
        )
        self._judge_daily(lead, battery.NAME, judge, {f"device:{one.device}" for one in links})

    def _judge_resident(self, resident: WatchedResident, view: HomeView, equipment: HomeLinks) -> None:
        span = (self._since[resident.number], self._span.until)
        situation = measurements.situation(self._connection, resident.number)
        window = load_window(
            self._connection, resident, span, view, situation, is_lead=self._is_lead(resident)
        )
        who = Who(resident.number, self._span.home, resident.zone)
        compare = partial(days.judge, self._connection, who, span, resident.watched_from)
        self._judge_daily(resident, decline.NAME, compare, {f"resident:{resident.number}"})
        rules = rules_of(
            Sensitivity(resident.sensitivity),
            situation,
            view,
            usual_on=UsualBook(self._connection, who).on,
            rhythm_on=RhythmBook(self._connection, who).on,
            places_on=PlacesBook(self._connection, who, is_lead=self._is_lead(resident)).on,
        )
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
        self._reconcile(resident.number, findings, self._matters(resident.number, window, judgements))
        due = earliest(
            *(one.due_at for one in (*judgements.values(), equipment.silent)),
            *_ahead(window, self._span.until),
            battery.next_check(resident.zone, self._span.until) if self._is_lead(resident) else None,
            decline.next_check(resident.zone, resident.number, self._span.until),
        )
        lasts = any(finding.cleared_at is None for finding in (*findings, *equipment.silent.findings))
        state = _state(judgements.get(inactivity.NAME))
        waits = _Waiting(
            due,
            is_eager=lasts or failed is not None or state != "as_usual" or equipment.is_awaited,
            follows_track=bool(window.geofences) or len(window.track.time) > 0,
        )
        if window.absences or resident.pause is not None:
            absences.show_pause(self._connection, resident.number, span[1])
        self._settle(resident, waits, state, failed)

    def _matters(self, resident: int, window: Window, judgements: dict[str, Judgement]) -> set[Matter]:
        """Return what was judged: also geofences that were removed, whose alerts end."""
        matters = {Matter(rule, f"resident:{resident}") for rule in judgements if rule != geofence_exit.NAME}
        if geofence_exit.NAME in judgements:
            matters |= {Matter(geofence_exit.NAME, f"geofence:{one.number}") for one in window.geofences}
            matters |= self._active(resident, geofence_exit.NAME)
        return matters

    def _active(self, resident: int, rule: str) -> set[Matter]:
        alerts = judging.active_alerts(self._connection, resident)
        return {Matter(one.rule, one.subject) for one in alerts if one.rule == rule}

    def _reconcile(self, resident: int, findings: Sequence[Finding], judged: set[Matter]) -> None:
        span = self._span
        reconcile(self._connection, resident, findings, judged=judged, until=span.until, now=span.now)

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
        judging.settle(
            self._connection,
            resident.number,
            judged_through=until if is_watched and failed_rule is None else self._since[resident.number],
            due_at=due or resident.watched_from,
            is_eager=waits.is_eager,
            follows_track=waits.follows_track,
            state=state,
            failed_rule=failed_rule,
            now=self._span.now,
        )


def _ahead(window: Window, until: datetime) -> list[datetime]:
    """Return when the first reading and the first fix happen that devices date after `until`: they are judged then."""
    found: list[datetime] = []
    for times in (window.life_signs.time, window.track.time):
        later = times[times > until.timestamp()]
        found += [moment(float(one)) for one in later[:1]]
    return found


def _state(silence: Judgement | None) -> str:
    """Return what the board says: whatever else was found, the life signs decide."""
    if silence is None or not silence.can_tell:
        return "cannot_tell"
    return "different" if silence.is_unusual else "as_usual"
