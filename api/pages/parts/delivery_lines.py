"""What became of a message on each channel, in words: no more than what is known."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.pages.rendering import HtmlPage
from core.domain.alert import Delivery
from core.domain.delivery.record import DeliveryRecord, DeliveryState
from core.domain.notification import Notification

_NOT_TRIED = {Delivery.PENDING, Delivery.CANCELLED}


@dataclass(frozen=True)
class AskedPerson:
    """One person who was asked to act: how often it was tried, how the latest message stands, and what each channel did.

    Attributes
    ----------
    latest : Notification
        The latest message that was tried; where none was yet, the latest of all.
    times : int
        How many messages were tried.
    lines : list of str
        The latest on each channel, and how often that channel was used.
    """

    latest: Notification
    times: int
    lines: list[str]


def asked_people(
    messages: Sequence[Notification], records: Iterable[DeliveryRecord], page: HtmlPage
) -> list[AskedPerson]:
    """Return everybody whom messages asked to act, each once, in the order in which they were first asked."""
    of_contact: defaultdict[int, list[Notification]] = defaultdict(list)
    for message in messages:
        of_contact[message.contact].append(message)
    of_message: defaultdict[int, list[DeliveryRecord]] = defaultdict(list)
    for record in records:
        of_message[record.notification].append(record)
    return [
        _person(theirs, [one for message in theirs for one in of_message[message.number]], page)
        for theirs in of_contact.values()
    ]


def _person(messages: list[Notification], records: list[DeliveryRecord], page: HtmlPage) -> AskedPerson:
    tried = [one for one in messages if one.status not in _NOT_TRIED or one.attempts]
    on_channel: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
    for record in records:
        on_channel[record.kind.value].append(record)
    lines = [
        page.words("delivery_record.times", line=_line(those[-1], page), n=len(those))
        if len(those) > 1
        else _line(those[-1], page)
        for those in on_channel.values()
    ]
    return AskedPerson((tried or messages)[-1], len(tried), lines)


def _line(record: DeliveryRecord, page: HtmlPage) -> str:
    words, clock = page.words, page.times.clock_text
    known = {
        "accepted": record.accepted_at,
        "arrived": record.arrived_at,
        "answered": record.answered_at,
        "failed": record.failed_at,
    }
    said = [
        words(f"delivery_record.{name}", clock=clock(moment))
        for name, moment in known.items()
        if moment is not None
    ]
    if record.state is DeliveryState.UNKNOWN:
        said.append(words("delivery_record.unknown"))
    if record.is_open:
        said.append(words("delivery_record.waiting"))
    if record.error is not None:
        said.append(words("delivery_record.reason", reason=reason_of(record.error, page)))
    channel = words(f"channel.{record.kind.value}")
    return words("delivery_record.line", channel=channel, said=words("delivery_record.and").join(said))


def reason_of(code: str, page: HtmlPage) -> str:
    """Return why an attempt failed, in words where we have some."""
    name = f"delivery_reason.{code.replace('-', '_')}"
    return page.words(name) if page.words.has(name) else code
