"""The last life sign that an alert names: of which class it was, by when it had happened, and what came after it that proves nothing."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.device import DeviceKind
from core.domain.metrics import Evidence


@dataclass(frozen=True)
class LastSign:
    """A life sign, and what came after it.

    Attributes
    ----------
    kind : DeviceKind
        What gave it.
    evidence : Evidence
        By which class it shows that a person acted.
    known_by : datetime or None
        By when it had happened, where only the stretch of time is known; None where its moment is.
    messages : int
        How many messages of the home's devices came since that show nobody's act.
    last_at : datetime or None
        When the last of them was.
    """

    kind: DeviceKind
    evidence: Evidence
    known_by: datetime | None
    messages: int
    last_at: datetime | None
