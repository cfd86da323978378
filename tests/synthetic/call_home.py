"""A made-up home in which people press buttons and detectors call: what is received of it, and what really happened."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.synthetic.call_senders import Caller

FIRST = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 28
PRESSES = (
    *("single", "double", "panic", "two_buttons", "hours_later", "soon_again", "while_away"),
    *("kept_by_gateway", "sent_again", "delivered_twice", "retained", "out_of_order", "numbers_lost"),
)
DETECTIONS = ("fall", "fall_again", "fall_kept_by_gateway", "alarm")
CASES = (*PRESSES, *DETECTIONS)


@dataclass(frozen=True)
class ReceivedCall:
    """A message as ingest receives it; `retained` and `repeated` as the broker marks it."""

    received_at: datetime
    topic: str
    payload: bytes
    retained: bool = False
    repeated: bool = False


@dataclass(frozen=True)
class TrueCall:
    """One press, or the time in which a detector finds something.

    Attributes
    ----------
    rule : str
        Which rule should raise it.
    case : str
        How it came about, one of `CASES`.
    caller : str
        The device.
    made_at, heard_at : datetime
        When it was made, and when it was first received, copies that the broker had kept left out.
    ended_at : datetime
        Until when the detector goes on saying so; for a press the same as `heard_at`.
    """

    rule: str
    case: str
    caller: str
    made_at: datetime
    arrived_at: datetime
    ended_at: datetime


@dataclass
class CallHome:
    """One made-up home.

    Attributes
    ----------
    callers : list of Caller
        Its buttons and detectors.
    arrivals : list of Arrival
        Everything that is received of it, in that order.
    calls : list of TrueCall
        What really happened, by when it was received.
    closings : list of timedelta
        How long after it was opened people close the first alert, the second, and so on.
    journeys : list of (datetime, datetime)
        When the resident is on a planned journey, in which most rules are silent.
    """

    number: int
    callers: list[Caller] = field(default_factory=list[Caller])
    arrivals: list[ReceivedCall] = field(default_factory=list[ReceivedCall])
    calls: list[TrueCall] = field(default_factory=list[TrueCall])
    closings: list[timedelta] = field(default_factory=list[timedelta])
    journeys: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])

    def closes_after(self, alert: int) -> timedelta:
        """Return after how long people close the alert with this place in the order of opening."""
        return self.closings[alert % len(self.closings)]
