"""The context of an action: where it reads and writes, who asks, and when."""

from dataclasses import dataclass
from datetime import datetime

from api.access.viewer import Viewer
from core.store.database import Connection


@dataclass(frozen=True)
class ActionContext:
    """What every action needs.

    Attributes
    ----------
    connection : Connection
        In a transaction; whoever calls the action commits it, or rolls it back if the action refuses.
    viewer : Viewer
        Who asks; each action checks what they may do.
    now : datetime
        The service's time.
    """

    connection: Connection
    viewer: Viewer
    now: datetime
