"""What somebody who asks may know of: every object is asked for through this module.

Not allowed to know of a thing is answered as "there is none" (404); known but not allowed is 403.
"""

from datetime import datetime

from api.access.refusals import ForbiddenError
from api.access.viewer import Viewer
from core.domain.agreed.quiet_limit import QuietLimit
from core.domain.alert import Alert, Handling, Severity
from core.domain.geofence import Geofence
from core.domain.people import Role, User
from core.domain.planned_absence import Absence
from core.domain.records.details import AccountDetails, HomeDetails, OfficeDetails
from core.errors import NotFoundError
from core.store.alerts import alerts
from core.store.database import Connection
from core.store.detection import backtest_requests
from core.store.detection.backtest_requests import BacktestRequest
from core.store.devices import devices
from core.store.devices.devices import DeviceOverview
from core.store.people import (
    access_log,
    geofences,
    offices,
    planned_absences,
    residents,
    users,
)
from core.store.people.access_log import Viewed
from core.store.people.agreed import quiet_limits
from core.store.people.offices import CareOffice
from core.store.people.records import record_lists, stored_records
from core.store.people.records.stored_records import ACCOUNT, HOME, OFFICE, Record
from core.store.people.residents import ResidentOverview
from core.store.people.watch_changes import Concerned


def resident_for(
    connection: Connection, viewer: Viewer, resident: int, now: datetime, *, is_recorded: bool = True
) -> ResidentOverview:
    """Return a resident whom the viewer may know of.

    Parameters
    ----------
    connection : Connection
        Inside the request's transaction.
    viewer : Viewer
        Who asks.
    resident : int
        About whom.
    now : datetime
        When.
    is_recorded : bool
        The person's data will be shown: the look is recorded for the person and the family.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    found = residents.overview(connection, viewer.scope, resident)
    if is_recorded:
        access_log.record(connection, user=viewer.number, resident=resident, what=Viewed.RECORD, now=now)
    return found


def alert_for(connection: Connection, viewer: Viewer, alert: int) -> Alert:
    """Return an alert the viewer may know of.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    found = alerts.get(connection, alert)
    if not may_see(connection, viewer, found):
        raise NotFoundError(f"there is no alert {alert}")
    return found


def may_see(connection: Connection, viewer: Viewer, alert: Alert) -> bool:
    """Return whether the viewer may know of an alert: equipment and ward alerts are for staff."""
    if viewer.role is Role.ADMIN:
        return True
    if viewer.role is Role.FAMILY and (alert.severity is Severity.EQUIPMENT or alert.resident is None):
        return False
    if alert.resident is not None:
        return residents.is_visible(connection, viewer.scope, alert.resident)
    return alert.office is None or alert.office == viewer.user.office


def holds(connection: Connection, viewer: Viewer, alert: Alert) -> bool:
    """Return whether the viewer holds an alert, be it as a user or as somebody who answered from a message before."""
    if alert.handling is not Handling.CLAIMED:
        return False
    if alert.claimed_by_user is not None:
        return alert.claimed_by_user == viewer.number
    holder = (
        None if alert.claimed_by_contact is None else residents.contact(connection, alert.claimed_by_contact)
    )
    return holder is not None and holder.user == viewer.number


def may_end(connection: Connection, viewer: Viewer, alert: Alert) -> bool:
    """Return whether the viewer may close an alert or give it back: while somebody else is checking, only staff may."""
    return viewer.is_staff or alert.handling is not Handling.CLAIMED or holds(connection, viewer, alert)


def require_hold(connection: Connection, viewer: Viewer, alert: Alert, what: str) -> None:
    """Refuse a family user what only staff may do while somebody else is checking.

    Raises
    ------
    ForbiddenError
        Somebody else holds the alert, and the viewer is not staff.
    """
    if may_end(connection, viewer, alert):
        return
    raise ForbiddenError(f"only staff or {alert.claimed_by}, who is checking, may {what}; take it over first")


def colleagues_for(connection: Connection, alert: Alert) -> list[User]:
    """Return the staff who may see an alert, and so may be given it: its office's, and administrators."""
    return [
        one
        for one in users.list_all(connection)
        if one.is_active
        and (one.role is Role.ADMIN or (one.role is Role.CARE and alert.office in {None, one.office}))
    ]


def open_alerts_for(connection: Connection, viewer: Viewer, now: datetime) -> list[Alert]:
    """Return the alerts that are not closed and that the viewer may know of, in the order of the care board."""
    offices, only = alert_limits(connection, viewer)
    found = alerts.open_alerts(connection, now, offices=offices, residents=only)
    return found if viewer.is_staff else [one for one in found if one.severity is not Severity.EQUIPMENT]


def alert_limits(connection: Connection, viewer: Viewer) -> tuple[list[int] | None, frozenset[int] | None]:
    """Return the (offices, residents) to which the viewer's alerts are limited; None is no limit."""
    if viewer.role is Role.ADMIN:
        return None, None
    if viewer.role is Role.CARE:
        return ([] if viewer.user.office is None else [viewer.user.office]), None
    return None, residents.visible_numbers(connection, viewer.scope)


def geofence_for(connection: Connection, viewer: Viewer, geofence: int) -> Geofence:
    """Return a geofence of a resident whom the viewer may know of.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    found = geofences.get(connection, geofence)
    _require_visible(connection, viewer, found.resident, f"geofence {geofence}")
    return found


def quiet_limit_for(connection: Connection, viewer: Viewer, limit: int) -> QuietLimit:
    """Return a quiet limit of a resident whom the viewer may know of.

    Raises
    ------
    NotFoundError
        There is none, it was removed, or the viewer may not know.
    """
    found = quiet_limits.get(connection, limit)
    _require_visible(connection, viewer, found.resident, f"quiet limit {limit}")
    return found


def absence_for(connection: Connection, viewer: Viewer, absence: int) -> Absence:
    """Return a planned absence of a resident whom the viewer may know of.

    Raises
    ------
    NotFoundError
        There is none, it was taken back, or the viewer may not know.
    """
    found = planned_absences.get(connection, absence)
    _require_visible(connection, viewer, found.resident, f"planned absence {absence}")
    return found


def office_for(connection: Connection, viewer: Viewer, office: int) -> CareOffice:
    """Return an office that the viewer may know of: care staff their own, administrators all.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    if viewer.role is not Role.ADMIN and (viewer.role is not Role.CARE or viewer.user.office != office):
        raise NotFoundError(f"there is no office {office} that you may see")
    return offices.get(connection, office)


def offices_for(connection: Connection, viewer: Viewer) -> list[CareOffice]:
    """Return the offices that the viewer may know of."""
    found = offices.list_all(connection)
    if viewer.role is Role.ADMIN:
        return found
    return [one for one in found if viewer.role is Role.CARE and one.number == viewer.user.office]


def household_of(connection: Connection, viewer: Viewer, resident: int) -> list[int]:
    """Return the numbers of a resident and of those who live with them, as far as the viewer may know."""
    return [one.number for one in residents.households(connection, viewer.scope, [resident])]


def home_for(connection: Connection, viewer: Viewer, home: int) -> Record[HomeDetails]:
    """Return a home that the viewer may change: an administrator any, staff those that are their office's alone.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    if not viewer.is_staff or not record_lists.may_change_home(connection, viewer.scope, home):
        raise NotFoundError(f"there is no home {home} that you may see")
    return stored_records.get(connection, HOME, home)


def centre_for(connection: Connection, viewer: Viewer, office: int | None) -> Record[OfficeDetails]:
    """Return an office whose centre the viewer may change: an administrator any, staff their own.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    if office is None or not (
        viewer.role is Role.ADMIN or (viewer.is_staff and viewer.user.office == office)
    ):
        raise NotFoundError(f"there is no office {office} that you may see")
    return stored_records.get(connection, OFFICE, office)


def account_for(connection: Connection, viewer: Viewer, account: int) -> Record[AccountDetails]:
    """Return an account that the viewer may change: an administrator any, staff those of their residents' families.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    found = stored_records.get(connection, ACCOUNT, account)
    if viewer.role is Role.ADMIN:
        return found
    linked = record_lists.family_of(connection, account)
    is_theirs = bool(linked) and all(one.office == viewer.user.office for one in linked)
    if not (viewer.is_staff and found.details.role is Role.FAMILY and is_theirs):
        raise NotFoundError(f"there is no account {account} that you may see")
    return found


def contact_for(connection: Connection, viewer: Viewer, contact: int) -> Concerned:
    """Return whom a contact is notified about: a resident whom the viewer may know of, or an office's centre.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    """
    found = stored_records.owner_of_contact(connection, contact)
    if found.resident is None:
        centre_for(connection, viewer, found.office)
        return found
    _require_visible(connection, viewer, found.resident, f"contact {contact}")
    require_staff(viewer, "change contacts")
    return found


def device_for(connection: Connection, viewer: Viewer, device_id: str) -> DeviceOverview:
    """Return a device of a home the viewer may know of.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    return devices.overview(connection, viewer.equipment_scope, device_id)


def backtest_for(connection: Connection, viewer: Viewer, backtest: int) -> BacktestRequest:
    """Return a backtest of a resident whom the viewer may know of.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    found = backtest_requests.get(connection, backtest)
    _require_visible(connection, viewer, found.resident, f"backtest {backtest}")
    return found


def require_tester(viewer: Viewer, what: str) -> None:
    """Refuse what only those who test may do with the simulated ward.

    Raises
    ------
    ForbiddenError
        The viewer is neither an administrator nor a tester.
    """
    if viewer.role not in {Role.ADMIN, Role.TESTER}:
        raise ForbiddenError(f"only administrators and testers may {what}")


def require_official(viewer: Viewer, what: str) -> None:
    """Refuse what only those who answer for the service's figures may do.

    Raises
    ------
    ForbiddenError
        The viewer is neither an administrator nor an official.
    """
    if viewer.role not in {Role.ADMIN, Role.OFFICIAL}:
        raise ForbiddenError(f"only administrators and officials may {what}")


def require_admin(viewer: Viewer, what: str) -> None:
    """Refuse what only administrators may do.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    """
    if viewer.role is not Role.ADMIN:
        raise ForbiddenError(f"only administrators may {what}")


def require_staff(viewer: Viewer, what: str) -> None:
    """Refuse what only staff may do with a thing that others may see.

    Raises
    ------
    ForbiddenError
        The viewer is not staff.
    """
    if not viewer.is_staff:
        raise ForbiddenError(f"only staff may {what}; ask the centre for the change")


def require_theirs(whose: int, resident: int | None, what: str) -> None:
    """Raise `NotFoundError` unless something is of the resident whom the asker named with it; None: none was named."""
    if resident is not None and whose != resident:
        raise _unknown(what)


def _require_visible(connection: Connection, viewer: Viewer, resident: int, what: str) -> None:
    if not residents.is_visible(connection, viewer.scope, resident):
        raise _unknown(what)


def _unknown(what: str) -> NotFoundError:
    return NotFoundError(f"there is no {what} that you may see")
