"""Who is asked when nobody answers: policies of offices and households, their preview, and who stands in for an office."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import visibility
from api.actions import escalation_policies as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, NowDep, Staff, Watcher
from api.schemas.common import Moment, Number
from api.schemas.escalation import (
    CoverIn,
    EscalationPolicyIn,
    EscalationPolicyOut,
    EscalationPreviewOut,
    OfficeOut,
)
from api.views.escalation_preview import preview
from core.domain.alert import Severity
from core.domain.escalation.policy import DEFAULT
from core.store.people import escalation_policies

router = APIRouter(tags=["escalation"])
_UrgentSeverity = Annotated[int, Query(ge=1, le=2, description="1 emergency, 2 check soon.")]


@router.get("/offices", summary="The offices you may see")
def list_offices(viewer: Staff, connection: ConnectionDep) -> list[OfficeOut]:
    """Return your office; administrators see all, with the ward's duty line and the emergency plan."""
    return [OfficeOut.of(one) for one in visibility.offices_for(connection, viewer)]


@router.put(
    "/offices/{number}/cover", summary="Say who stands in for an office, and when somebody sits there"
)
def put_cover(
    viewer: Staff, number: Number, body: CoverIn, connection: ConnectionDep, now: NowDep
) -> OfficeOut:
    """Refused while a policy would then end where nobody sits."""
    return OfficeOut.of(
        actions.put_cover(
            ActionContext(connection, viewer, now),
            number,
            next_office=body.next_office,
            staffed=body.to_hours(),
        )
    )


@router.get("/offices/{number}/escalation-policy", summary="An office's policy")
def read_office_policy(viewer: Staff, number: Number, connection: ConnectionDep) -> EscalationPolicyOut:
    """Return the office's own policy, or what everybody has."""
    visibility.office_for(connection, viewer, number)
    written = escalation_policies.of_office(connection, number)
    if written is None:
        return EscalationPolicyOut.of(DEFAULT, None)
    return EscalationPolicyOut.of(written.policy, written.changed_at)


@router.put("/offices/{number}/escalation-policy", summary="Write an office's policy")
def put_office_policy(
    viewer: Staff, number: Number, body: EscalationPolicyIn, connection: ConnectionDep, now: NowDep
) -> EscalationPolicyOut:
    """Refused if it could leave somebody alone; alerts that open from now on follow it."""
    policy = body.to_policy()
    actions.put_for_office(ActionContext(connection, viewer, now), number, policy)
    return EscalationPolicyOut.of(policy, now)


@router.delete(
    "/offices/{number}/escalation-policy", status_code=204, summary="Let an office have what everybody has"
)
def drop_office_policy(viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep) -> None:
    """Forget the office's own policy."""
    actions.put_for_office(ActionContext(connection, viewer, now), number, None)


@router.get("/residents/{number}/escalation-policy", summary="The policy that a resident's alerts follow")
def read_policy(
    viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep
) -> EscalationPolicyOut:
    """Return the household's own policy, else its office's, else what everybody has."""
    one = visibility.resident_for(connection, viewer, number, now)
    written = escalation_policies.of_home(connection, one.home)
    policy = escalation_policies.in_force(connection, number)
    return EscalationPolicyOut.of(policy, None if written is None else written.changed_at)


@router.put("/residents/{number}/escalation-policy", summary="Write a household's own policy")
def put_policy(
    viewer: Watcher, number: Number, body: EscalationPolicyIn, connection: ConnectionDep, now: NowDep
) -> EscalationPolicyOut:
    """Refused if it could leave somebody alone; it holds for everybody in the home, from the next alert on."""
    policy = body.to_policy()
    actions.put_for_household(ActionContext(connection, viewer, now), number, policy)
    return EscalationPolicyOut.of(policy, now)


@router.delete(
    "/residents/{number}/escalation-policy",
    status_code=204,
    summary="Let a household have its office's policy",
)
def drop_policy(viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep) -> None:
    """Forget the household's own policy."""
    actions.put_for_household(ActionContext(connection, viewer, now), number, None)


@router.get("/residents/{number}/escalation-preview", summary="What happens at a moment if nobody answers")
def read_preview(
    *,
    viewer: Watcher,
    number: Number,
    connection: ConnectionDep,
    now: NowDep,
    severity: _UrgentSeverity = 1,
    at: Annotated[Moment | None, Query(description="When the alert would open; now, if left out.")] = None,
) -> EscalationPreviewOut:
    """Return who would be asked after how many minutes, and on which channel first."""
    one = visibility.resident_for(connection, viewer, number, now)
    policy = escalation_policies.in_force(connection, number)
    return EscalationPreviewOut.model_validate(
        preview(connection, one, policy, Severity(severity), at or now)
    )
