"""What pages say of the rooms' climate: a figure with a word, and plainly that it is not known where no thermometer reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.pages.rendering import HtmlPage
from api.wording.reason_card import place_name
from core.domain.metrics import METRICS, TEMPERATURE_C
from core.store.database import Connection
from core.store.telemetry import readings
from core.store.telemetry.readings import LatestValue
from core.texts.local_format import measured

# Room temperatures as words (18 degrees is a guide line, the living space is hot from 28 on).
_COMFORT = ((16.0, "cold"), (18.0, "cool"), (28.0, "good"), (31.0, "warm"))
_CLIMATE = [one.name for one in METRICS.values() if one.is_climate]
# As long as the rules about heat and cold hold a value for true; then it is unknown to them, and so to a page.
HOLDS = timedelta(minutes=90)


@dataclass(frozen=True)
class Room:
    """The climate of one room; `others` says what is known beside the temperature, `is_known` whether the value is of now."""

    place: str
    temperature: str
    word: str
    others: Sequence[str]
    time: datetime
    is_known: bool


def rooms(page: HtmlPage, connection: Connection, resident: int) -> list[Room]:
    """Return the climate of each room that has a thermometer, a word with each temperature."""
    values = readings.latest_values(connection, resident, _CLIMATE)
    others = {(one.place, one.metric): one for one in values if one.metric != TEMPERATURE_C.name}
    found: list[Room] = []
    for one in values:
        if one.metric != TEMPERATURE_C.name:
            continue
        is_known = page.now - one.time <= HOLDS
        beside = [others[one.place, name] for name in _CLIMATE if (one.place, name) in others]
        found.append(
            Room(
                place_name(one.place, page.words) or one.device_id,
                measured(page.language, TEMPERATURE_C, one.value),
                page.words(f"comfort.{comfort(one.value)}" if is_known else "comfort.stale"),
                [_line(page, other) for other in beside] if is_known else [],
                one.time,
                is_known,
            )
        )
    return found


def _line(page: HtmlPage, one: LatestValue) -> str:
    return page.words(f"comfort.{one.metric}", n=measured(page.language, METRICS[one.metric], one.value))


def unknown_line(page: HtmlPage, found: Sequence[Room]) -> str:
    """Return the sentence that it is unknown whether it is too hot or too cold, since when; empty where a room's climate is known or none ever was."""
    if not found or any(room.is_known for room in found):
        return ""
    return page.words("comfort.unknown", clock=page.times.clock(max(room.time for room in found)))


def comfort(temperature_c: float) -> str:
    """Return the word for a room's temperature.

    Examples
    --------
    >>> comfort(15.2), comfort(24.0), comfort(33.0)
    ('cold', 'good', 'hot')
    """
    return next((word for below, word in _COMFORT if temperature_c < below), "hot")
