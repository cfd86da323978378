"""What doors and beds said last, and whether devices are connected: of these only a change says something."""

from collections.abc import Mapping
from datetime import datetime

from core.domain.metrics import METRICS

ONLINE = METRICS["online"].number

State = tuple[datetime, float]
Key = tuple[int, int]


class StateChanges:
    """The states that are known while a batch is made.

    Parameters
    ----------
    known : mapping
        The latest by device and metric before the batch; not changed here.
    late : list of (int, int, datetime)
        Added here (device, metric, time) is what only the database can evaluate.
    is_shared : bool
        Other workers get a part of the messages, so only the database knows what a door or a bed said before.
    """

    def __init__(
        self, known: Mapping[Key, State], late: list[tuple[int, int, datetime]], *, is_shared: bool
    ) -> None:
        self.new: dict[Key, State] = {}
        self._known = known
        self._late = late
        self._is_shared = is_shared

    def time_of_connection(self, device: int, value: float, claimed: datetime | None) -> datetime | None:
        """Return when a connection began or broke; None for a last will, which was written when it began."""
        if claimed is None:
            return None
        key = (device, ONLINE)
        known = self.new.get(key) or self._known.get(key)
        if known is None or claimed > known[0]:
            self.new[key] = (claimed, value)
            return claimed
        return None if value == 0 and known[1] == 1 else claimed

    def is_change(self, device: int, metric: int, time: datetime, value: float) -> bool:
        """Return whether a value is another than the one before it, as far as that can be known here."""
        key = (device, metric)
        known = None if self._is_shared else self.new.get(key) or self._known.get(key)
        is_late = known is not None and (time < known[0] or (time == known[0] and value != known[1]))
        if self._is_shared or is_late:
            # Only the neighbours in time can tell, and those are in the database.
            self._late.append((device, metric, time))
            return False
        self.new[key] = (time, value)
        return known is None or known[1] != value
