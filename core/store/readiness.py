"""What every process looks at before it begins: whether its sessions are its own, and whether the schema is the one it knows."""

from core.store.database import Database
from core.store.migrate import check_schema


def prove_ready(database: Database) -> None:
    """Prove that a process can work with an open database.

    Raises
    ------
    StoreUnavailableError
        The database is away, or has yet to be migrated: wait and try again.
    MigrationError
        The database is newer than this program.
    PoolerError
        A pooler hands sessions on between transactions.
    """
    database.prove_sessions()
    with database.transaction() as connection:
        check_schema(connection)
