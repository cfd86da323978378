"""Who could not be reached tonight: for whom, why, and at which hours nobody is on duty."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class UnreachableReason(StrEnum):
    """Why the family of a resident cannot be reached."""

    NO_CONTACT = "no_contact"
    """No contact is registered."""
    ALL_DEAD = "all_dead"
    """Every channel of every contact is known to be dead."""
    NOT_CONFIRMED = "not_confirmed"
    """Nobody made sure that messages on any channel arrive at the right person."""
    QUIET = "quiet"
    """All who can be reached are in their quiet hours, and the centre cannot be reached in their place."""


@dataclass(frozen=True)
class UnreachableFamily:
    """A resident whose family cannot be reached tonight, and why."""

    resident: int
    name: str
    reason: UnreachableReason


@dataclass(frozen=True)
class TonightCheck:
    """What was found for one office.

    Attributes
    ----------
    families : tuple of UnreachableFamily
        The first of them, in the order of names.
    residents : int
        How many there are.
    gaps : tuple of (datetime, datetime)
        Stretches of the next 24 hours in which the policy asks whoever is on duty, and nobody is.
    centre_is_able : bool
        Whether messages can be sent to the centre.
    centre_is_sure : bool
        Whether somebody made sure that they arrive there.
    has_desk_above : bool
        Whether an emergency that nobody answers goes up to somebody: an office that stands in, the ward's line, the emergency plan.
    unproven : int
        How many contacts answer no test: whether messages arrive there is not known.
    """

    families: tuple[UnreachableFamily, ...]
    residents: int
    gaps: tuple[tuple[datetime, datetime], ...]
    centre_is_able: bool
    centre_is_sure: bool = True
    has_desk_above: bool = True
    unproven: int = 0

    @property
    def is_well(self) -> bool:
        """Whether everybody can be reached, and an emergency goes up to somebody."""
        return self.residents == 0 and not self.gaps and self.centre_is_able and self.has_desk_above
