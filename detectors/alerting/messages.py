"""What a message says: fact, how it differs from the usual, what to do, and a link to answer. Pure: same facts, same text.

Subjects are what a lock screen shows, so they hold no place and nothing about health, and only the name that the family chose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from core.domain.alert import Alert, Condition, Handling, NotificationKind, Outcome, Severity
from core.domain.notification import Surroundings
from core.domain.people import Contact
from core.domain.reason_card import ReasonCard
from core.domain.reasons import (
    AreaSilentReason,
    ColdReason,
    DeviceSilentReason,
    HeatReason,
    InactivityReason,
    RoomReason,
    UnassignedSosReason,
    UnclearCallReason,
    WardSilentReason,
)
from core.domain.rules import has_uncertain_signs, last_movement, read_reason
from core.texts.local_format import decimal, listed, ordinal
from detectors.alerting.message_texts import MessageTexts, texts_of

# In full-width characters; longer subjects are cut off on phones.
SUBJECT_LIMIT = 30
# What senders call themselves and their fields may be longer than a message; the page has all of it.
_NAME_LIMIT = 20

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
    """

    alert: Alert
    contact: Contact
    around: Surroundings
    zone: ZoneInfo
    now: datetime
    base_url: str
    token: str
    centre_phone: str


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


def width(text: str) -> float:
    """Return the width in full-width characters."""
    return sum(1.0 if east_asian_width(character) in "FWA" else 0.5 for character in text)


def _level(kind: NotificationKind, alert: Alert) -> str:
    if alert.severity is Severity.EQUIPMENT:
        return _TAGS[alert.severity]
    if kind is NotificationKind.CLOSED and alert.outcome in _URGENT_OUTCOMES:
        return _TAGS[Severity.EMERGENCY]
    asks = _asks(kind) and not (kind is NotificationKind.OPENING and _is_over(alert))
    return _TAGS[alert.severity] if asks else "notice"


def _asks(kind: NotificationKind) -> bool:
    """Return whether a message asks its reader to act."""
    return kind in {NotificationKind.OPENING, NotificationKind.UNCLAIMED, NotificationKind.REMINDER}


def _subject(level: str, facts: Facts, texts: MessageTexts) -> str:
    chosen = _one_line(facts.contact.calls_resident)
    if chosen:
        subject = texts(f"subject.{level}", n=chosen)
        if width(subject) <= SUBJECT_LIMIT:
            return subject
    return texts(f"subject_without_name.{level}")


def _opening(facts: Facts, texts: MessageTexts, name: str) -> str:
    alert = facts.alert
    fields = _fields(facts, texts, name)
    late = texts("phrase.late", **fields) if alert.detected_late else ""
    if _is_over(alert):
        return late + texts.text("over", alert.rule, **fields)
    is_again = alert.occurrences > 1 and texts.has(f"again.{alert.rule}")
    sentence = texts.text("again" if is_again else "opening", _form(alert), **fields)
    if alert.handling is Handling.CLAIMED:
        sentence += texts("phrase.claimed_now", **fields)
    return late + sentence


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
    card = read_reason(alert.rule, alert.reason)
    usual = _usual(card, texts)
    since = last_movement(alert)
    who = _one_line(around.who)
    ended_at = alert.cleared_at or facts.now
    return {
        "n": name,
        "topic": _topic(facts, texts, name),
        "t": texts.moment(since, facts.now, facts.zone),
        "m": texts.ago(since, facts.now),
        "sure": texts("phrase.sure") if has_uncertain_signs(card) else "",
        "closed": texts.moment(alert.began_at, facts.now, facts.zone),
        "times": ordinal(texts.language, alert.occurrences),
        "first": texts.moment(alert.first_began_at or alert.began_at, facts.now, facts.zone),
        "r": texts.moment(alert.raised_at, facts.now, facts.zone),
        "c": texts.moment(ended_at, facts.now, facts.zone),
        "a": texts.moment(around.acted_at or facts.now, facts.now, facts.zone),
        "usual": texts("phrase.usual", u=usual) if usual else "",
        "who": texts.polite(who) if who else texts("phrase.somebody"),
        "room": _room(card, texts),
        "area": _one_line(card.area) if isinstance(card, AreaSilentReason) else "",
        "homes": _homes(card),
        "calls": _calls(card, alert, texts),
        **_unclear(card, texts),
        "temp": _temperature(card, texts),
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


def _form(alert: Alert) -> str:
    """Return which opening an alert has: its rule's, but of a silence that went on after somebody called it safe another."""
    card = read_reason(alert.rule, alert.reason)
    is_after_safe = isinstance(card, InactivityReason) and card.said_safe_at is not None
    return f"{alert.rule}_after_safe" if is_after_safe else alert.rule


def _usual(card: ReasonCard | None, texts: MessageTexts) -> str:
    """Return the longest silence that is usual at this time of day; empty where the rule did not say."""
    longest_min = card.usual.longest_min if isinstance(card, InactivityReason) and card.usual else None
    return texts.span(timedelta(minutes=longest_min)) if longest_min else ""


def _room(card: ReasonCard | None, texts: MessageTexts) -> str:
    """Return the room that a card names, in the message's language; a name of its own stays as it is."""
    place = card.place if isinstance(card, RoomReason | DeviceSilentReason) else ""
    if not place:
        return texts("phrase.room")
    return texts(f"place.{place}") if texts.has(f"place.{place}") else _one_line(place)


def _homes(card: ReasonCard | None) -> str:
    homes = card.homes if isinstance(card, AreaSilentReason | WardSilentReason) else None
    return "" if homes is None else str(homes)


def _calls(card: ReasonCard | None, alert: Alert, texts: MessageTexts) -> str:
    """Return what devices of nobody called or reported since the latest began, each once, as the card orders them."""
    said = (
        [one.metric for one in card.calls_since(alert.began_at)]
        if isinstance(card, UnassignedSosReason)
        else []
    )
    return listed(texts.language, (texts.text("call", name) for name in dict.fromkeys(said or ["other"])))


def _unclear(card: ReasonCard | None, texts: MessageTexts) -> dict[str, str]:
    """Return the first device and field that are not understood, cut short."""
    first = card.devices[0] if isinstance(card, UnclearCallReason) and card.devices else None
    sender = "" if first is None else first.device_id or first.sender
    field = "" if first is None else first.field
    return {
        "sender": _cut(sender) or texts("phrase.some_device"),
        "field": _cut(field) or texts("phrase.some_field"),
    }


def _cut(text: str) -> str:
    line = _one_line(text)
    return line if width(line) <= _NAME_LIMIT else line[:_NAME_LIMIT] + "…"


def _temperature(card: ReasonCard | None, texts: MessageTexts) -> str:
    """Return whole degrees, which are enough to see how hot or cold a room is."""
    value = card.temperature_c if isinstance(card, HeatReason | ColdReason) else None
    return "?" if value is None else decimal(texts.language, value, 0)


def _lines(kind: NotificationKind, facts: Facts, texts: MessageTexts, name: str) -> list[str]:
    lines: list[str] = []
    if kind in LINKED:
        url = f"{facts.base_url}/a/{facts.token}"
        lines.append(texts("line.answer", url=url))
    asks = _asks(kind)
    is_about_a_person = facts.alert.severity is not Severity.EQUIPMENT and facts.alert.resident is not None
    if is_about_a_person and facts.around.life_sign_at is not None:
        lines.append(_last_movement(facts, facts.around.life_sign_at, texts))
    if asks and is_about_a_person and facts.around.resident_phone:
        lines.append(texts("line.phone", n=name, phone=_one_line(facts.around.resident_phone)))
    if facts.contact.resident is None:
        url = f"{facts.base_url}/alerts/{facts.alert.number}"
        lines.append(texts("line.detail", url=url))
    elif (asks or kind is NotificationKind.CLOSED) and (facts.centre_phone or facts.around.office_phone):
        phone = _one_line(facts.centre_phone or facts.around.office_phone)
        lines.append(texts("line.office", phone=phone))
    return lines


def _last_movement(facts: Facts, at: datetime, texts: MessageTexts) -> str:
    """Say when a sensor of the home last reported movement: not whose it was, for that nobody knows."""
    around = facts.around
    known_by = around.life_sign_known_by
    place = _place(around.life_sign_place, texts)
    fields = {
        "t": texts.moment(at, facts.now, facts.zone),
        "m": texts.ago(at, facts.now),
        "until": texts.moment(known_by or at, facts.now, facts.zone),
        "place": texts("line.at_place", place=place) if place else "",
    }
    return texts("line.last_movement" if known_by is None else "line.last_movement_between", **fields)


def _place(place: str, texts: MessageTexts) -> str:
    return texts(f"place.{place}") if texts.has(f"place.{place}") else _one_line(place)


def _name(facts: Facts, texts: MessageTexts) -> str:
    return _one_line(facts.contact.calls_resident) or texts.polite(_one_line(facts.around.resident))


def _is_over(alert: Alert) -> bool:
    return alert.condition is Condition.CLEARED


def _one_line(text: str) -> str:
    return " ".join(text.split())
