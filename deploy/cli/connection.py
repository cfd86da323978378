"""What commands need of the running service: its database, with the service's time."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.actions.context import ActionContext
    from core.settings import Settings
    from core.store.database import Connection


@dataclass(frozen=True)
class Work:
    """One transaction of a command."""

    connection: "Connection"
    settings: "Settings"
    now: datetime

    @property
    def action(self) -> "ActionContext":
        """What actions need: this transaction, asked for by whoever runs the command."""
        from api.access.viewer import OPERATOR
        from api.actions.context import ActionContext

        return ActionContext(self.connection, OPERATOR, self.now)


@contextmanager
def work() -> Generator[Work]:
    """Open the database that the settings name, for one transaction."""
    from core.settings import load_settings
    from core.store.database import Database

    settings = load_settings()
    with (
        Database(
            settings.database_url.get_secret_value(), size=1, application="mimamori-command"
        ) as database,
        database.transaction() as connection,
    ):
        yield Work(connection, settings, settings.make_clock().now())
