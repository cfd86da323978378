"""Escalation policies, what they do at a moment, and who stands in for an office."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, field_validator

from api.schemas.common import Input, Output
from api.schemas.geofences import HoursIO, to_hours
from core.domain import quiet_hours
from core.domain.alert import Severity
from core.domain.escalation.policy import (
    NIGHT,
    EscalationPolicy,
    HoursOfDay,
    KindOfDay,
    PolicyBranch,
    PolicyStep,
    Recipients,
)
from core.domain.geofence import Hours
from core.domain.people import Channel, OfficeRole
from core.store.people.offices import CareOffice

_MOST_BRANCHES = 18


class StepIO(Input):
    """Who is asked, and how many minutes they may take to answer before the next step is taken."""

    asked: Recipients
    wait_min: Annotated[int, Field(ge=1, le=120, examples=[2])]


class BranchIO(Input):
    """The steps for one severity in one kind of hour; the branch that says most about when holds."""

    severity: Annotated[int, Field(ge=1, le=2, description="1 emergency, 2 check soon.")]
    hours: HoursOfDay = HoursOfDay.ANY
    days: KindOfDay = KindOfDay.ANY
    steps: Annotated[list[StepIO], Field(min_length=1, max_length=9)]
    again_min: int | None = Field(
        default=None,
        ge=5,
        le=480,
        description="How often others are asked again, in turn; null: as the service does it by itself.",
    )

    def to_branch(self) -> PolicyBranch:
        """Return the branch as the domain has it."""
        steps = tuple(PolicyStep(step.asked, step.wait_min) for step in self.steps)
        return PolicyBranch(Severity(self.severity), steps, self.hours, self.days, self.again_min)

    @staticmethod
    def of(branch: PolicyBranch) -> "BranchIO":
        """Return a branch as it goes out."""
        return BranchIO.model_construct(
            severity=int(branch.severity),
            hours=branch.hours,
            days=branch.days,
            steps=[StepIO.model_construct(asked=step.asked, wait_min=step.wait_min) for step in branch.steps],
            again_min=branch.again_min,
        )


class EscalationPolicyIn(Input):
    """A whole policy; both severities need a branch for any hours on any days, and each branch ends where somebody sits."""

    night: Annotated[
        str, Field(description="When it is night for the branches.", examples=["22:00-07:00"])
    ] = str(NIGHT)
    branches: Annotated[list[BranchIO], Field(min_length=1, max_length=_MOST_BRANCHES)]

    @field_validator("night")
    @classmethod
    def _is_a_night(cls, text: str) -> str:
        if quiet_hours.read(text) is None:
            raise ValueError("say when the night begins and ends, such as 22:00-07:00")
        return text

    def to_policy(self) -> EscalationPolicy:
        """Return the policy as the domain has it."""
        night = quiet_hours.read(self.night) or NIGHT
        return EscalationPolicy(tuple(branch.to_branch() for branch in self.branches), night)


class EscalationPolicyOut(Output):
    """The policy in force; `own_since` is when it was written for this office or household, null where it has what comes from above."""

    night: str
    branches: list[BranchIO]
    own_since: datetime | None

    @staticmethod
    def of(policy: EscalationPolicy, own_since: datetime | None) -> "EscalationPolicyOut":
        """Return a policy as it goes out."""
        return EscalationPolicyOut(
            night=str(policy.night),
            branches=[BranchIO.of(branch) for branch in policy.branches],
            own_since=own_since,
        )


class PreviewPersonOut(Output):
    """Who would be asked; `channel` is what is tried first, null where no channel may be used."""

    number: int
    name: str
    relation: str
    channel: Channel | None
    is_confirmed: bool


class PreviewStepOut(Output):
    """One step of a preview."""

    after_min: int
    at: datetime
    asked: Recipients
    people: list[PreviewPersonOut]


class EscalationPreviewOut(Output):
    """What happens if an alert opens at that moment and nobody answers; `quiet` are those who are not woken at first."""

    steps: list[PreviewStepOut]
    again_min: int | None
    quiet: list[str]


class CoverIn(Input):
    """Who stands in for an office, and when somebody sits there."""

    next_office: int | None = Field(default=None, ge=1, le=2**31 - 1)
    staffed: HoursIO | None = Field(default=None, description="Null: somebody sits there at any hour.")

    def to_hours(self) -> Hours | None:
        """Return when somebody sits there as the domain has it."""
        return None if self.staffed is None else to_hours(self.staffed)


class OfficeOut(Output):
    """An office, the ward's duty line, or the operator's emergency plan."""

    number: int
    name: str
    phone: str
    role: OfficeRole
    next_office: int | None
    staffed: HoursIO | None

    @staticmethod
    def of(one: CareOffice) -> "OfficeOut":
        """Return an office as it goes out."""
        hours = one.staffed
        return OfficeOut(
            number=one.number,
            name=one.name,
            phone=one.phone,
            role=one.role,
            next_office=one.next_office,
            staffed=None if hours is None else HoursIO(days=hours.days, start=hours.start, end=hours.end),
        )
