"""Who is asked when nobody answers: an office's policy, a household's own, and who stands in for an office. Only staff may."""

from collections.abc import Mapping

from api.access import visibility
from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from core.domain.escalation.policy import DEFAULT, Desk, EscalationPolicy, Recipients, mistakes
from core.domain.geofence import Hours
from core.domain.people import OfficeRole
from core.store.database import Connection
from core.store.people import escalation_policies, offices, weakenings
from core.store.people.geofences import hours_to_json
from core.store.people.offices import CareOffice, OfficeChanged
from core.store.people.watch_changes import Watched


def put_for_office(context: ActionContext, office: int, policy: EscalationPolicy | None) -> None:
    """Write an office's policy; None: it has what everybody has.

    Raises
    ------
    NotFoundError
        There is no such office, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        The policy would leave somebody alone; its code and the numbers of branch and step say where.
    """
    visibility.require_staff(context.viewer, "change who is asked")
    visibility.office_for(context.connection, context.viewer, office)
    before = escalation_policies.of_office(context.connection, office)
    _require_usable(
        policy or _usual(context.connection, office), offices.desk_states(context.connection, office)
    )
    if policy is None:
        escalation_policies.drop_of_office(context.connection, office)
    else:
        escalation_policies.put_for_office(context.connection, office, policy, context.now)
    if policy == (None if before is None else before.policy):
        return
    offices.record_change(
        context.connection,
        office,
        OfficeChanged.ESCALATION,
        before=escalation_policies.to_json(DEFAULT if before is None else before.policy),
        after=escalation_policies.to_json(policy or DEFAULT),
        user=context.viewer.number,
        now=context.now,
    )


def put_for_household(context: ActionContext, resident: int, policy: EscalationPolicy | None) -> None:
    """Write the policy of a resident's household; None: it has its office's.

    Raises
    ------
    NotFoundError
        There is no such resident, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        As of `put_for_office`.
    """
    one = visibility.resident_for(
        context.connection, context.viewer, resident, context.now, is_recorded=False
    )
    visibility.require_staff(context.viewer, "change who is asked")
    before = escalation_policies.of_home(context.connection, one.home)
    if policy is None:
        escalation_policies.drop_of_home(context.connection, one.home)
    else:
        _require_usable(policy, offices.desk_states(context.connection, one.office))
        escalation_policies.put_for_home(context.connection, one.home, policy, context.now)
    if policy == (None if before is None else before.policy):
        return
    for member in visibility.household_of(context.connection, context.viewer, resident):
        weakenings.record(
            context.connection,
            member,
            Watched.ESCALATION,
            before=None if before is None else escalation_policies.to_json(before.policy),
            after=None if policy is None else escalation_policies.to_json(policy),
            user=context.viewer.number,
            now=context.now,
        )


def put_cover(
    context: ActionContext, office: int, *, next_office: int | None, staffed: Hours | None
) -> CareOffice:
    """Say who stands in for an office, and when somebody sits there (None: at any hour), and return it.

    Raises
    ------
    NotFoundError
        There is no such office, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        The office that stands in is none that looks after people, or a policy would end where nobody sits.
    """
    visibility.require_staff(context.viewer, "change who stands in")
    before = visibility.office_for(context.connection, context.viewer, office)
    known = {one.number: one for one in offices.list_all(context.connection)}
    if next_office is not None and (
        next_office == office or next_office not in known or known[next_office].role is not OfficeRole.CARE
    ):
        raise RefusedError("next_office", "no_such_cover")
    offices.set_cover(context.connection, office, next_office=next_office, staffed=staffed)
    desks = offices.desk_states(context.connection, office)
    written = escalation_policies.of_office(context.connection, office)
    _require_usable(DEFAULT.with_desks(desks) if written is None else written.policy, desks)
    for policy in escalation_policies.of_households(context.connection, office):
        _require_usable(policy, desks, code="household_policy_would_end_unstaffed")
    after = visibility.office_for(context.connection, context.viewer, office)
    if after != before:
        offices.record_change(
            context.connection,
            office,
            OfficeChanged.COVER,
            before=_kept(before, known),
            after=_kept(after, known),
            user=context.viewer.number,
            now=context.now,
        )
    return after


def _usual(connection: Connection, office: int) -> EscalationPolicy:
    return DEFAULT.with_desks(offices.desk_states(connection, office))


def _require_usable(
    policy: EscalationPolicy, desks: Mapping[Recipients, Desk], *, code: str | None = None
) -> None:
    found = next(mistakes(policy, desks), None)
    if found is not None:
        branch, step = (None if one is None else one + 1 for one in (found.branch, found.step))
        raise RefusedError("branches", code or found.code, branch=branch, step=step)


def _kept(office: CareOffice, known: Mapping[int, CareOffice]) -> dict[str, object]:
    stands_in = None if office.next_office is None else known[office.next_office].name
    return {
        "next_office": stands_in,
        "staffed": None if office.staffed is None else hours_to_json(office.staffed),
    }
