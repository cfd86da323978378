"""How soon a resident's silence is raised: the setting that is in force."""

from core.domain.sensitivity import Sensitivity
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.queries import load

_SENSITIVITIES = load("people/sensitivities")


def get(connection: Connection, resident: int) -> Sensitivity:
    """Return the setting of a resident.

    Raises
    ------
    NotFoundError
        There is none of this number.
    """
    row = connection.execute(_SENSITIVITIES["get"], {"resident": resident}).fetchone()
    if row is None:
        raise NotFoundError(f"there is no resident {resident}")
    return Sensitivity(row[0])


def put(connection: Connection, resident: int, sensitivity: Sensitivity) -> bool:
    """Change the setting, have the resident evaluated by it at once, and return whether it was another before."""
    values = {"resident": resident, "sensitivity": sensitivity}
    if connection.execute(_SENSITIVITIES["set"], values).fetchone() is None:
        return False
    evaluation_queue.evaluate_again(connection, resident)
    return True
