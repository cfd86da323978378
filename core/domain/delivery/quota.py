"""What a month's messages of a provider are kept for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.alert import Severity

# The last tenth of a month is for emergencies and what must be checked soon.
_RESERVE = 0.1
_WARNING = 0.8
# What a provider said this long ago may be of another month.
_HOLDS = timedelta(hours=6)


@dataclass(frozen=True)
class QuotaState:
    """How a month stands.

    Attributes
    ----------
    most : int or None
        How many messages it allows; None for no limit.
    used : int
        How many were used, by the provider's last word and what was sent since.
    asked_at : datetime
        When the provider was asked last.
    """

    most: int | None
    used: int
    asked_at: datetime

    def is_kept_from(self, severity: Severity, now: datetime) -> bool:
        """Return whether messages of this urgency must wait for the next month. An emergency is always tried: the provider has the last word."""
        if self.most is None or severity <= Severity.CHECK_SOON or now - self.asked_at > _HOLDS:
            return False
        return self.used >= self.most * (1 - _RESERVE)

    @property
    def is_nearly_used_up(self) -> bool:
        """Whether four fifths are used up."""
        return self.most is not None and self.used >= self.most * _WARNING
