"""What a message says: fact, how it differs from the usual, what to do, and a link to answer. Pure: same facts, same text.

Subjects are what a lock screen shows, so they hold no place and nothing about health, and only the name that the family chose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.alert import CALLS_TO_ACT, Alert, Condition, Handling, NotificationKind, Outcome, Severity
from core.domain.notification import Surroundings
from core.domain.people import Contact
from core.domain.rules import last_movement
from core.texts.local_format import listed, ordinal
from detectors.alerting.card_fields import card_fields, form_of
from detectors.alerting.message_texts import MessageTexts, one_line, texts_of, width

# In full-width characters; longer subjects are cut off on phones.
SUBJECT_LIMIT = 30

_TAGS = {
    Severity.EMERGENCY: "emergency",
    Severity.CHECK_SOON: "check_soon",
    Severity.KEEP_AN_EYE: "keep_an_eye",
    Severity.EQUIPMENT: "equipment",
}
# Who acted last, in events of these kinds, is named in the message.
ACTORS = {
    NotificationKind.OPENING: ("claimed",),
    NotificationKind.CLEARED: ("claimed",),
    NotificationKind.CLAIMED: ("claimed",),
    NotificationKind.UNCLAIMED: ("released", "expired"),
    NotificationKind.REMINDER: (),
    NotificationKind.CLOSED: ("closed",),
}
# Messages that can be answered carry a link.
LINKED = frozenset(
    {
        NotificationKind.OPENING,
        NotificationKind.CLAIMED,
        NotificationKind.UNCLAIMED,
        NotificationKind.REMINDER,
    }
)
# Ends that leave something to do now.
_URGENT_OUTCOMES = frozenset({Outcome.AMBULANCE_CALLED, Outcome.POLICE_NOTIFIED})
# After this a reminder asks for the outcome: whoever could go has gone, or nobody read the messages.
_LONG_OPEN = timedelta(hours=20)
# A card holds the moment to a microsecond, rounded on the way through seconds.
_SAME_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Facts:
    """All that a message is made of.

    Attributes
    ----------
    alert : Alert
        As it is when the message leaves.
    contact : Contact
        To whom; decides the language and what the resident is called.
    around : Surroundings
        Names, telephone numbers, and who acted last.
    zone : ZoneInfo
        The home's, for the clock on the wall.
    now : datetime
        When it leaves.
    base_url : str
        How the contact reaches our pages.
    token : str
        Of the answer link.
    centre_phone : str
        The centre's number; empty for none.
    together : sequence of Alert
        Other alerts that belong together with it and hold.
    """

    alert: Alert
    contact: Contact
    around: Surroundings
    zone: ZoneInfo
    now: datetime
    base_url: str
    token: str
    centre_phone: str
    together: Sequence[Alert] = ()


@dataclass(frozen=True)
class Text:
    """A message, ready to send; `sentence` is the body without its links and numbers, for channels that have buttons or speak."""

    subject: str
    body: str
    sentence: str = ""


def is_still_true(kind: NotificationKind, alert: Alert) -> bool:
    """Return whether a planned message still says what is so; one that waited too long is dropped instead."""
    match kind:
        case NotificationKind.OPENING:
            return alert.handling is not Handling.CLOSED
        case NotificationKind.CLEARED:
            return alert.condition is Condition.CLEARED
        case NotificationKind.CLAIMED:
            return alert.handling is Handling.CLAIMED and alert.condition is Condition.ACTIVE
        case NotificationKind.UNCLAIMED | NotificationKind.REMINDER:
            return alert.handling is Handling.OPEN and alert.condition is Condition.ACTIVE
        case NotificationKind.CLOSED:
            return alert.handling is Handling.CLOSED


def render(kind: NotificationKind, facts: Facts) -> Text:
    """Write a message of one kind."""
    texts = texts_of(facts.contact.language)
    name = _name(facts, texts)
    level = _level(kind, facts.alert)
    sentence = texts(f"tag.{level}") + _SENTENCES[kind](facts, texts, name)
    subject = _subject(level, facts, texts)
    body = _body(subject, sentence, facts, texts, _lines(kind, facts, texts, name))
    return Text(subject, body, sentence.strip())


def for_chat(text: Text, facts: Facts) -> Text:
    """Return a message as a chat of the staff gets it: without what only the contact may use, with the page for who signs in."""
    url = f"{facts.base_url}/alerts/{facts.alert.number}"
    detail = texts_of(facts.contact.language)("line.detail", url=url)
    return replace(text, body=f"{text.sentence}\n{detail}")


def plain(kind: NotificationKind, facts: Facts) -> Text:
    """Write a message that needs nothing of what the rule stored: for a reason that `render` cannot put into words."""
    texts = texts_of(facts.contact.language)
    name = _name(facts, texts)
    level = _level(kind, facts.alert)
    sentence = texts(f"tag.{level}") + _phrase("plain", facts, texts, {"n": name})
    subject = texts(f"subject_without_name.{level}")
    body = _body(subject, sentence, facts, texts, _lines(kind, facts, texts, name))
    return Text(subject, body, sentence.strip())


def _body(subject: str, sentence: str, facts: Facts, texts: MessageTexts, lines: Sequence[str]) -> str:
    """Return the body: first what a locked screen may show, then the message, then what belongs to it."""
    clock = texts.moment(facts.alert.raised_at, facts.now, facts.zone)
    first = texts("phrase.first_line", subject=subject, clock=clock)
    return "\n".join([first, "", sentence.strip(), *([""] if lines else []), *lines])


def _level(kind: NotificationKind, alert: Alert) -> str:
    if alert.severity is Severity.EQUIPMENT:
        return _TAGS[alert.severity]
    if kind is NotificationKind.CLOSED and alert.outcome in _URGENT_OUTCOMES:
        return _TAGS[Severity.EMERGENCY]
    asks = kind in CALLS_TO_ACT and not (kind is NotificationKind.OPENING and _is_over(alert))
    return _TAGS[alert.severity] if asks else "notice"


def _subject(level: str, facts: Facts, texts: MessageTexts) -> str:
    chosen = one_line(facts.contact.calls_resident)
    if chosen:
        subject = texts(f"subject.{level}", n=chosen)
        if width(subject) <= SUBJECT_LIMIT:
            return subject
    return texts(f"subject_without_name.{level}")


def _opening(facts: Facts, texts: MessageTexts, name: str) -> str:
    alert = facts.alert
    fields = _fields(facts, texts, name)
    late = _late(alert, texts, fields)
    if _is_over(alert):
        return late + texts.text("over", alert.rule, **fields)
    is_again = alert.occurrences > 1 and texts.has(f"again.{alert.rule}")
    form = form_of(alert)
    known_by = _known_by(facts)
    if known_by is not None and texts.has(f"opening.{form}_between"):
        form, fields = f"{form}_between", fields | {"until": texts.moment(known_by, facts.now, facts.zone)}
    sentence = texts.text("again" if is_again else "opening", form, **fields)
    if alert.handling is Handling.CLAIMED:
        sentence += texts("phrase.claimed_now", **fields)
    return late + sentence


def _late(alert: Alert, texts: MessageTexts, fields: Mapping[str, str]) -> str:
    """Say of what was found late of when it is, and when we saw it; only a call happens at the moment at which it counts."""
    if not alert.detected_late:
        return ""
    return texts("phrase.late" if alert.raised_at == alert.began_at else "phrase.late_known", **fields)


def _known_by(facts: Facts) -> datetime | None:
    """Return by when the last life sign had happened that a silence counts from, where only the stretch of time is known."""
    around = facts.around
    if around.life_sign_at is None or abs(around.life_sign_at - last_movement(facts.alert)) > _SAME_MOMENT:
        return None
    return around.life_sign_known_by


def _cleared(facts: Facts, texts: MessageTexts, name: str) -> str:
    fields = _fields(facts, texts, name)
    if facts.around.was_withdrawn:
        return texts("phrase.withdrawn", **fields)
    return texts.text("cleared", facts.alert.rule, **fields)


def _claimed(facts: Facts, texts: MessageTexts, name: str) -> str:
    return texts("phrase.claimed", **_fields(facts, texts, name))


def _unclaimed(facts: Facts, texts: MessageTexts, name: str) -> str:
    return texts("phrase.unclaimed", **_fields(facts, texts, name))


def _reminder(facts: Facts, texts: MessageTexts, name: str) -> str:
    """Say that nobody has answered, in other words each time: who was asked, then what else can be done, at last what is missing."""
    fields = _fields(facts, texts, name) | {"asked": str(facts.around.people_asked)}
    if facts.now - facts.alert.raised_at >= _LONG_OPEN:
        return texts("reminder.long_open", **fields)
    if facts.around.asked_before <= 1:
        return texts("reminder.first", **fields)
    whose = "centre" if facts.contact.resident is None else "family"
    level = "emergency" if facts.alert.severity is Severity.EMERGENCY else "check_soon"
    return texts(f"reminder.{whose}_{level}", **fields)


def _closed(facts: Facts, texts: MessageTexts, name: str) -> str:
    outcome = str(facts.alert.outcome)
    fields = _fields(facts, texts, name) | {"outcome": texts.text("outcome", outcome)}
    return texts("phrase.closed", **fields) + texts.text("after", outcome, **fields)


_SENTENCES = {
    NotificationKind.OPENING: _opening,
    NotificationKind.CLEARED: _cleared,
    NotificationKind.CLAIMED: _claimed,
    NotificationKind.UNCLAIMED: _unclaimed,
    NotificationKind.REMINDER: _reminder,
    NotificationKind.CLOSED: _closed,
}


def _phrase(name: str, facts: Facts, texts: MessageTexts, fields: Mapping[str, str]) -> str:
    return texts(f"phrase.{name}_ward" if facts.alert.resident is None else f"phrase.{name}", **fields)


def _fields(facts: Facts, texts: MessageTexts, name: str) -> dict[str, str]:
    alert, around = facts.alert, facts.around
    since = last_movement(alert)
    who = one_line(around.who)
    ended_at = alert.cleared_at or facts.now
    return {
        "n": name,
        "topic": _topic(facts, texts, name),
        "t": texts.moment(since, facts.now, facts.zone),
        "m": texts.ago(since, facts.now),
        "closed": texts.moment(alert.began_at, facts.now, facts.zone),
        "times": ordinal(texts.language, alert.occurrences),
        "first": texts.moment(alert.first_began_at or alert.began_at, facts.now, facts.zone),
        "r": texts.moment(alert.raised_at, facts.now, facts.zone),
        "seen": texts.moment(alert.seen_at, facts.now, facts.zone),
        "c": texts.moment(ended_at, facts.now, facts.zone),
        "a": texts.moment(around.acted_at or facts.now, facts.now, facts.zone),
        "who": texts.polite(who) if who else texts("phrase.somebody"),
        **card_fields(alert, texts),
        "dev": texts.device(around.device_kind, around.device_place),
    }


def _topic(facts: Facts, texts: MessageTexts, name: str) -> str:
    """Return what a message is about, and since when: 「お母さんの件(SOSボタン・8:11・5分前)」."""
    alert = facts.alert
    return texts(
        "topic.of_ward" if alert.resident is None else "topic.of_person",
        n=name,
        about=texts.text("about", alert.rule),
        t=texts.moment(last_movement(alert), facts.now, facts.zone),
        m=texts.ago(last_movement(alert), facts.now),
    )


def _lines(kind: NotificationKind, facts: Facts, texts: MessageTexts, name: str) -> list[str]:
    lines: list[str] = []
    if kind in LINKED:
        url = f"{facts.base_url}/a/{facts.token}"
        lines.append(texts("line.answer", url=url))
    asks = kind in CALLS_TO_ACT
    is_about_a_person = facts.alert.severity is not Severity.EQUIPMENT and facts.alert.resident is not None
    if asks and facts.together:
        lines.append(_also(facts, texts))
    if is_about_a_person and facts.around.life_sign_at is not None:
        lines.append(_last_movement(facts, facts.around.life_sign_at, texts))
    if asks and is_about_a_person and facts.around.resident_phone:
        lines.append(texts("line.phone", n=name, phone=one_line(facts.around.resident_phone)))
    if facts.contact.resident is None:
        url = f"{facts.base_url}/alerts/{facts.alert.number}"
        lines.append(texts("line.detail", url=url))
    elif (asks or kind is NotificationKind.CLOSED) and (facts.centre_phone or facts.around.office_phone):
        phone = one_line(facts.centre_phone or facts.around.office_phone)
        lines.append(texts("line.office", phone=phone))
    return lines


def _also(facts: Facts, texts: MessageTexts) -> str:
    """Say what else holds that belongs together with the alert, and since when."""
    found = (
        texts(
            "topic.also",
            about=texts.text("about", one.rule),
            t=texts.moment(last_movement(one), facts.now, facts.zone),
        )
        for one in facts.together
    )
    return texts("line.also", what=listed(texts.language, found))


def _last_movement(facts: Facts, at: datetime, texts: MessageTexts) -> str:
    """Say when a sensor of the home last reported movement: not whose it was, for that nobody knows."""
    around = facts.around
    known_by = around.life_sign_known_by
    place = texts.place(around.life_sign_place)
    fields = {
        "t": texts.moment(at, facts.now, facts.zone),
        "m": texts.ago(at, facts.now),
        "until": texts.moment(known_by or at, facts.now, facts.zone),
        "place": texts("line.at_place", place=place) if place else "",
    }
    return texts("line.last_movement" if known_by is None else "line.last_movement_between", **fields)


def _name(facts: Facts, texts: MessageTexts) -> str:
    return one_line(facts.contact.calls_resident) or texts.polite(one_line(facts.around.resident))


def _is_over(alert: Alert) -> bool:
    return alert.condition is Condition.CLEARED
