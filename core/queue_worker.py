"""What every process that works off a queue beside another one opens: its logs, its database, and the connection that holds its lock."""

from collections.abc import Generator
from contextlib import closing, contextmanager

from core.logs import set_up_logs
from core.settings import Settings, load_settings
from core.store.database import Connection, Database, translated_errors


@contextmanager
def queue_worker(process: str, application: str) -> Generator[tuple[Settings, Database, Connection]]:
    """Give the settings, a database for the transactions, and a connection in autocommit mode for the lock; its errors are ours.

    Parameters
    ----------
    process : str
        Whose logs they are: the process that starts the worker.
    application : str
        What the database server calls it.

    Raises
    ------
    InputError
        A setting is wrong.
    StoreError
        Something of the database's failed.
    """
    settings = load_settings()
    set_up_logs(process, settings.log_level, settings.log_format)
    with (
        Database(settings.database_url.get_secret_value(), size=1, application=application) as database,
        closing(database.dedicated_connection()) as queue,
        translated_errors(),
    ):
        yield settings, database, queue
