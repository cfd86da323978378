"""Named SQL: `<room>/<aggregate>.sql` holds `-- name: some_query` blocks, each with a line that says its purpose."""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(rb"^-- name: ([a-z][a-z0-9_]*)[ \t]*$", re.MULTILINE)


@cache
def load(aggregate: str) -> dict[str, bytes]:
    """Return the queries of one aggregate by name.

    They are bytes because psycopg takes text only from literals, which keeps built-up SQL out of the code base.
    """
    text = files("core.store.queries").joinpath(f"{aggregate}.sql").read_bytes()
    parts = _NAME.split(text)
    names = [name.decode() for name in parts[1::2]]
    if len(set(names)) != len(names):
        raise ValueError(f"{aggregate}.sql names a query twice")
    return dict(zip(names, (body.strip() for body in parts[2::2]), strict=True))
