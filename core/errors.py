"""The errors a person may see: each says what is wrong, where, and what to do next."""


class MimamoriError(Exception):
    """Something went wrong that a person can act on.

    The message is shown as it is, without a traceback, and the process ends with `exit_code`.
    """

    exit_code = 1


class SettingsError(MimamoriError):
    """A setting is missing, unknown or has a value that cannot be used."""

    exit_code = 78  # EX_CONFIG


class InputError(MimamoriError):
    """A file, a form or an argument holds something that cannot be used."""

    exit_code = 65  # EX_DATAERR


class StoreError(MimamoriError):
    """The database could not do what was asked."""

    exit_code = 74  # EX_IOERR


class StoreUnavailableError(StoreError):
    """The database cannot be reached or refuses work for now; the same call may succeed later."""

    exit_code = 69  # EX_UNAVAILABLE


class PoolerError(StoreError):
    """Something between us and the database breaks what we rely on; nothing works until it is set otherwise."""

    exit_code = 78  # EX_CONFIG


class ConflictError(MimamoriError):
    """Somebody else changed the thing first; read it again and decide anew."""


class NotFoundError(MimamoriError):
    """There is no such thing, or it may not be seen by the asker."""


class MigrationError(StoreError):
    """The schema in the database and the migration files do not fit together."""
