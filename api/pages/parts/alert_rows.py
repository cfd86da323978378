"""Open alerts as the board, the family page and lists show them: one row for each person, with one line that says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.locale import Words
from api.wording.alert_reason import late, line, title
from api.wording.presence import presence_note, presence_why
from api.wording.times import LocalTimes
from core.domain.alert import Alert, Condition, Handling, Severity, Subject
from core.domain.evidence.presence import Presence
from core.domain.notification import EscalationStep
from core.domain.reasons import AreaSilentReason
from core.domain.response_targets import CLAIM_TARGET, overdue, target_at
from core.domain.rules import last_movement, read_reason
from core.store.people.residents import ResidentOverview
from core.texts.local_format import clock_time, ordinal
from core.texts.search_key import search_key

# A card holds the moment to a microsecond, rounded on the way through seconds.
_SAME_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Also:
    """A further alert about the same person."""

    number: int
    severity: int
    title: str
    raised_at: datetime


@dataclass(frozen=True)
class AlertRow:
    """One row: the most urgent alert about a person, a home, a device or the ward."""

    number: int
    version: int
    severity: int
    title: str
    line: str
    who: str
    age: int | None
    area: str
    raised_at: datetime
    opened_at: datetime
    last_life_sign_at: datetime | None
    last_life_sign_known_by: datetime | None
    presence: str
    holder: str | None
    held_at: datetime | None
    is_cleared: bool
    late: str
    escalation: str
    elapsed: float
    target_s: int
    due_at: datetime | None
    overdue: str
    progress: str
    may_prolong: bool
    resident: int | None
    also: tuple[Also, ...]
    again: str

    @property
    def say(self) -> str:
        """The row in a few words, for screen readers."""
        return f"{self.title} {self.who} {self.again}".strip()

    @property
    def find(self) -> str:
        """What the board's search looks in at once; whom it finds by reading or device it asks the service."""
        return " ".join(search_key(part) for part in (self.who, self.area, self.title))


class Whose:
    """Names what an alert is about: one person, everybody in a home, or the whole ward.

    `known_by` says by when the last life sign of a home had happened, where only the stretch of time is known. `known_since` is from when on
    what was evaluated is still known; None where rows do not say whether somebody is at home.
    """

    def __init__(
        self,
        people: Sequence[ResidentOverview],
        words: Words,
        known_by: Mapping[int, datetime] | None = None,
        *,
        known_since: datetime | None = None,
    ) -> None:
        self._known_since = known_since
        self._known_by = known_by or {}
        self._people = {one.number: one for one in people}
        self._at_home: dict[int, list[ResidentOverview]] = {}
        for one in people:
            self._at_home.setdefault(one.home, []).append(one)
        self._words = words

    def person(self, alert: Alert) -> ResidentOverview | None:
        """Return the resident an alert is about; equipment and homes are named by one of their residents."""
        return None if alert.resident is None else self._people.get(alert.resident)

    def known_by(self, home: int) -> datetime | None:
        """Return by when the last life sign of a home had happened; None where its moment is known."""
        return self._known_by.get(home)

    def presence(self, alert: Alert) -> Presence | None:
        """Return whether the resident an alert is about is at home, None where rows do not say it."""
        person = self.person(alert)
        if person is None or self._known_since is None or alert.severity is Severity.EQUIPMENT:
            return None
        return person.presence_at(self._known_since)

    def name(self, alert: Alert) -> str:
        """Return whom an alert is about, in a few words."""
        person = self.person(alert)
        if person is None:
            if alert.resident is not None:
                return self._words("board.unknown_subject")
            card = read_reason(alert.rule, alert.reason)
            return card.area if isinstance(card, AreaSilentReason) else self._words("board.ward")
        if alert.subject == Subject.of_home(person.home):
            return "・".join(one.name for one in self._at_home[person.home])
        return person.name


def alert_rows(
    alerts: Sequence[Alert],
    whose: Whose,
    escalations: Mapping[int, Sequence[EscalationStep]],
    times: LocalTimes,
    viewer: int | None = None,
) -> list[AlertRow]:
    """Return one row for each person or thing, in the order of the alerts given; further alerts nest in its row."""
    found: dict[object, list[Alert]] = {}
    for alert in alerts:
        person = whose.person(alert)
        kind = "equipment" if alert.severity is Severity.EQUIPMENT else "person"
        found.setdefault((kind, person.number if person else alert.subject), []).append(alert)
    return [
        _row(group, whose, escalations.get(group[0].number, ()), times, viewer) for group in found.values()
    ]


def _row(
    group: Sequence[Alert],
    whose: Whose,
    steps: Sequence[EscalationStep],
    times: LocalTimes,
    viewer: int | None,
) -> AlertRow:
    alert = group[0]
    person = whose.person(alert)
    is_held = alert.handling is Handling.CLAIMED
    target_s = CLAIM_TARGET[alert.severity].total_seconds()
    elapsed = (times.now - alert.opened_at).total_seconds() / target_s
    return AlertRow(
        number=alert.number,
        version=alert.version,
        severity=int(alert.severity),
        title=title(alert.rule, times.words),
        line=line(alert, times, _known_by(alert, person, whose)),
        who=whose.name(alert),
        age=person.age(times.now) if person else None,
        area=person.area if person else "",
        raised_at=alert.raised_at,
        opened_at=alert.opened_at,
        last_life_sign_at=person.last_life_sign_at if person else None,
        last_life_sign_known_by=whose.known_by(person.home) if person else None,
        presence=_presence_line(whose.presence(alert), times),
        holder=alert.claimed_by if is_held else None,
        held_at=alert.claimed_at if is_held else None,
        is_cleared=alert.condition is Condition.CLEARED,
        late=late(alert, times),
        escalation="" if is_held else _escalation_line(steps, times),
        elapsed=round(min(1.0, max(0.0, elapsed)), 3),
        target_s=0 if is_held or alert.severity > Severity.CHECK_SOON else int(target_s),
        due_at=None if is_held else target_at(alert),
        overdue=overdue_line(alert, times),
        progress=progress_line(alert, times),
        may_prolong=is_held and viewer is not None and alert.claimed_by_user == viewer,
        resident=alert.resident,
        also=tuple(
            Also(other.number, int(other.severity), title(other.rule, times.words), other.raised_at)
            for other in group[1:]
        ),
        again=ordinal(times.words.language, alert.occurrences) if alert.occurrences > 1 else "",
    )


def _presence_line(found: Presence | None, times: LocalTimes) -> str:
    """Say whether the person is at home, since when and why; nothing where it can never be known."""
    note = "" if found is None else presence_note(found, times)
    return f"{note} {presence_why(found, times)}" if found is not None and note else ""


def _known_by(alert: Alert, person: ResidentOverview | None, whose: Whose) -> datetime | None:
    """Return by when the last life sign had happened that an alert names, as far as it is still the last of the home."""
    if person is None or person.last_life_sign_at is None:
        return None
    is_the_last = abs(person.last_life_sign_at - last_movement(alert)) < _SAME_MOMENT
    return whose.known_by(person.home) if is_the_last else None


def overdue_line(alert: Alert, times: LocalTimes) -> str:
    """Say for how long the alert has been past its target: 「目標の時間を54分過ぎています」; nothing while it is not."""
    past = overdue(alert, times.now)
    return "" if past is None else times.words("board.overdue", span=times.span(past))


def progress_line(alert: Alert, times: LocalTimes) -> str:
    """Say what the holder reported last, and until when the claim holds; nothing where nobody holds it."""
    if alert.handling is not Handling.CLAIMED or alert.claim_expires_at is None:
        return ""
    until = times.clock_text(alert.claim_expires_at)
    if alert.progress is None:
        return times.words("board.holds_until", clock=until)
    arrival = times.clock_text(alert.arrives_at) if alert.arrives_at else ""
    said = times.words(f"board.progress_{alert.progress}", clock=arrival, note=alert.progress_note)
    return f"{said} · " + times.words("board.holds_until", clock=until)


def _escalation_line(steps: Sequence[EscalationStep], times: LocalTimes) -> str:
    """Say how far the escalation is: 「連絡 1/2 段・返答待ち 次は 9:50」."""
    escalation = [step for step in steps if step.is_escalation]
    done = [step for step in escalation if step.executed_at is not None]
    ahead = [step for step in steps if step.is_ahead]
    if not done:
        return ""
    text = times.words("board.step_notified", done=len(done), all=len(escalation))
    if ahead:
        following = times.local(min(step.due_at for step in ahead))
        text += " · " + times.words("board.step_next", clock=clock_time(times.words.language, following))
    return text
