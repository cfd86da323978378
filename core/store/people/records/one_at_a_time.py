"""Adding only what is not there yet: of two who look and add at one moment, the second waits and sees what the first has added."""

from typing import Literal

from core.store.database import Connection
from core.store.queries import load

_HOLD = load("people/one_at_a_time")["hold"]
What = Literal["names", "contact", "duty", "absence", "geofence", "quiet_limit", "prompts"]
# What has no owner, such as the names of homes.
EVERYBODY = 0


def hold(connection: Connection, what: What, owner: int = EVERYBODY) -> None:
    """Let nobody else add a thing of a kind to the same owner until the transaction ends."""
    connection.execute(_HOLD, {"what": what, "owner": owner})
