"""What became of a message on each channel, in words: no more than what is known."""

from collections import defaultdict
from collections.abc import Iterable

from api.pages.rendering import HtmlPage
from core.domain.delivery.record import DeliveryRecord, DeliveryState


def delivery_lines(records: Iterable[DeliveryRecord], page: HtmlPage) -> dict[int, list[str]]:
    """Return the lines of each message, by its number, one for each channel in the order in which they were tried."""
    lines: defaultdict[int, list[str]] = defaultdict(list)
    for record in records:
        lines[record.notification].append(_line(record, page))
    return dict(lines)


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
        said.append(words("delivery_record.reason", reason=_reason(record.error, page)))
    channel = words(f"channel.{record.kind.value}")
    return words("delivery_record.line", channel=channel, said=words("delivery_record.and").join(said))


def _reason(code: str, page: HtmlPage) -> str:
    name = f"delivery_reason.{code.replace('-', '_')}"
    return page.words(name) if page.words.has(name) else code
