"""Who could not be reached tonight."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from api.schemas.common import Output
from api.schemas.duty import DutyGapOut
from core.domain.delivery.monthly_test import TestScore
from core.domain.escalation.tonight import TonightCheck, UnreachableReason
from core.domain.people import Channel
from core.store.people.contact_channels import DeadChannel
from core.store.people.reach.monthly_tests import UnprovenContacts
from core.store.people.tonight import EveningCheck


class UnreachableFamilyOut(Output):
    """A resident whose family cannot be reached, and why."""

    resident: int
    name: str
    reason: UnreachableReason


class EveningCheckOut(Output):
    """What was found this evening, when the centre was notified."""

    checked_at: datetime
    residents: int
    gaps: int
    centre_is_able: bool
    has_desk_above: bool
    unproven: int


class UnprovenContactOut(Output):
    """A contact who answers no test, and when a channel of theirs was last proven; null: never."""

    contact: int
    name: str
    resident: int | None
    proven_at: datetime | None


class DeadChannelOut(Output):
    """A channel that takes no messages any more; `is_last`: the contact has no other that somebody confirmed."""

    contact: int
    name: str
    resident: int | None
    kind: Channel
    since: datetime
    reason: str | None
    is_last: bool


class TonightOut(Output):
    """Who could not be reached within the next 24 hours; `residents` counts all, `families` holds at most 200 of them."""

    families: list[UnreachableFamilyOut]
    residents: int
    gaps: list[DutyGapOut]
    centre_is_able: bool = Field(description="Whether messages can be sent to the centre.")
    centre_is_sure: bool = Field(description="Whether somebody made sure that they arrive there.")
    has_desk_above: bool = Field(description="Whether an emergency that nobody answers goes up to somebody.")
    dead_channels: list[DeadChannelOut] = Field(description="The first 200 of them, the oldest first.")
    tested: int = Field(description="Contacts who were sent a monthly test, or have proven a channel.")
    proven: int = Field(description="Those of them of whom a channel was proven within 62 days.")
    unproven: int = Field(
        description="Those who answered no test within a week and have proven none for 62 days."
    )
    unproven_contacts: list[UnprovenContactOut] = Field(
        description="The first 200 of them; who has never proven one first."
    )
    evening: EveningCheckOut | None = Field(description="Null before the first check of the evening.")

    @staticmethod
    def of(
        found: TonightCheck,
        dead: Sequence[DeadChannel],
        evening: EveningCheck | None,
        score: TestScore,
        unproven: UnprovenContacts,
    ) -> "TonightOut":
        """Return what was found as it goes out."""
        return TonightOut(
            families=[UnreachableFamilyOut.model_validate(one) for one in found.families],
            residents=found.residents,
            gaps=[DutyGapOut(began_at=began, ended_at=ended) for began, ended in found.gaps],
            centre_is_able=found.centre_is_able,
            centre_is_sure=found.centre_is_sure,
            has_desk_above=found.has_desk_above,
            dead_channels=[DeadChannelOut.model_validate(one) for one in dead],
            tested=score.tested,
            proven=score.proven,
            unproven=unproven.contacts,
            unproven_contacts=[UnprovenContactOut.model_validate(one) for one in unproven.first],
            evening=None if evening is None else EveningCheckOut.model_validate(evening),
        )
