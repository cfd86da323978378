"""What a reason card holds, as messages say it: rooms, degrees, calls, devices. Pure: same card, same words."""

from collections.abc import Mapping
from datetime import timedelta

from core.domain.alert import Alert
from core.domain.device import DeviceKind
from core.domain.reason_card import ReasonCard
from core.domain.reasons import (
    AreaSilentReason,
    BatteryReason,
    ColdReason,
    DeviceSilentReason,
    HeatReason,
    InactivityReason,
    QuietTooLongReason,
    RoomReason,
    UnassignedSosReason,
    UnclearCallReason,
    WardSilentReason,
)
from core.domain.rules import has_uncertain_signs, read_reason
from core.texts.local_format import decimal, listed
from detectors.alerting.message_texts import MessageTexts, one_line, width

# What senders call themselves and their fields may be longer than a message; the page has all of it.
_NAME_LIMIT = 20
# A battery with fewer days left than a weekend with its two days and one for the visit (our choice).
_SOON_DAYS = 3


def card_fields(alert: Alert, texts: MessageTexts) -> Mapping[str, str]:
    """Return what the texts of a message name of an alert's reason; empty where the card does not hold it."""
    card = read_reason(alert.rule, alert.reason)
    usual = _usual(card, texts)
    return {
        "sure": texts("phrase.sure") if has_uncertain_signs(card) else "",
        "usual": texts("phrase.usual", u=usual) if usual else "",
        "room": _room(card, texts),
        "what": _looked_at(card, texts),
        "area": one_line(card.area) if isinstance(card, AreaSilentReason) else "",
        "homes": _homes(card),
        "calls": _calls(card, alert, texts),
        **_unclear(card, texts),
        "temp": _temperature(card, texts),
        "days": _days(card),
    }


def form_of(alert: Alert) -> str:
    """Return which opening an alert has: its rule's, or that of a silence that went on after it was closed, or of a nearly empty battery."""
    card = read_reason(alert.rule, alert.reason)
    if isinstance(card, InactivityReason) and card.said_safe_at is not None:
        return f"{alert.rule}_after_safe"
    if isinstance(card, InactivityReason) and card.answered_at is not None:
        return f"{alert.rule}_after_answer"
    if isinstance(card, BatteryReason) and _is_nearly_empty(card):
        return f"{alert.rule}_button" if card.kind == DeviceKind.BUTTON else f"{alert.rule}_soon"
    return alert.rule


def _is_nearly_empty(card: BatteryReason) -> bool:
    """Return whether a battery may be empty before anybody plans a visit: then it is no note without hurry."""
    days = _days(card)
    return bool(days) and int(days) <= _SOON_DAYS


def _days(card: ReasonCard | None) -> str:
    """Return in how many days a battery may be empty at the earliest; empty where nobody knows."""
    if not isinstance(card, BatteryReason):
        return ""
    days = card.days_left if card.days_left_low is None else card.days_left_low
    return "" if days is None else str(days)


def _usual(card: ReasonCard | None, texts: MessageTexts) -> str:
    """Return the longest silence that is usual at this time of day; empty where the rule did not say."""
    longest_min = card.usual.longest_min if isinstance(card, InactivityReason) and card.usual else None
    return texts.span(timedelta(minutes=longest_min)) if longest_min else ""


def _room(card: ReasonCard | None, texts: MessageTexts) -> str:
    """Return the room that a card names, in the message's language; a name of its own stays as it is."""
    place = card.place if isinstance(card, RoomReason | DeviceSilentReason) else ""
    if not place:
        return texts("phrase.room")
    return texts.place(place)


def _looked_at(card: ReasonCard | None, texts: MessageTexts) -> str:
    """Return what gave no sign although it should have; empty where no limit was set."""
    if not isinstance(card, QuietTooLongReason):
        return ""
    return texts.looked_at(card.kind, card.place)


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
    line = one_line(text)
    return line if width(line) <= _NAME_LIMIT else line[:_NAME_LIMIT] + "…"


def _temperature(card: ReasonCard | None, texts: MessageTexts) -> str:
    """Return whole degrees, which are enough to see how hot or cold a room is."""
    value = card.temperature_c if isinstance(card, HeatReason | ColdReason) else None
    return "?" if value is None else decimal(texts.language, value, 0)
