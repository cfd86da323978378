"""Who may look after devices and who may fit them: staff and technicians, the latter in the homes of their office alone."""

from api.access.refusals import ForbiddenError
from api.access.viewer import Viewer
from api.access.visibility import device_for
from core.domain.people import Role
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.devices.devices import DeviceOverview
from core.store.people.records import record_lists


def device_to_fit(connection: Connection, viewer: Viewer, device_id: str, what: str) -> None:
    """Refuse a change of a device to whom it is not entrusted: administrators any, technicians those of their office's homes.

    Raises
    ------
    NotFoundError
        There is none that the viewer may know of.
    ForbiddenError
        The viewer is neither, or it is a person's own device.
    """
    require_fitter(viewer, what)
    if viewer.role is Role.ADMIN:
        return
    if device_for(connection, viewer, device_id).resident is not None:
        raise ForbiddenError(f"only administrators may {what} that belong to a person; ask the centre")


def home_to_fit(connection: Connection, viewer: Viewer, home: int) -> None:
    """Refuse a home in which the viewer may fit no device: administrators any, technicians those of their office alone.

    Raises
    ------
    NotFoundError
        There is none that the viewer may know of.
    """
    if viewer.role is Role.ADMIN or record_lists.may_change_home(connection, viewer.equipment_scope, home):
        return
    raise NotFoundError(f"there is no home {home} that you may see")


def require_nobodys(viewer: Viewer, device: DeviceOverview) -> None:
    """Refuse a technician a new way in for what somebody carries: it would cut it off from them.

    Raises
    ------
    ForbiddenError
        The viewer is a technician, and it is a person's own device.
    """
    if viewer.role is Role.TECHNICIAN and device.resident is not None:
        raise ForbiddenError(
            "only staff give out passwords of devices that belong to a person; ask the centre"
        )


def require_equipment(viewer: Viewer, what: str) -> None:
    """Refuse what only those who look after devices may do.

    Raises
    ------
    ForbiddenError
        The viewer is neither staff nor a technician.
    """
    if not (viewer.is_staff or viewer.role is Role.TECHNICIAN):
        raise ForbiddenError(f"only staff and technicians may {what}")


def require_fitter(viewer: Viewer, what: str) -> None:
    """Refuse what only those who fit devices may do.

    Raises
    ------
    ForbiddenError
        The viewer is neither an administrator nor a technician.
    """
    if viewer.role not in {Role.ADMIN, Role.TECHNICIAN}:
        raise ForbiddenError(f"only administrators and technicians may {what}")
