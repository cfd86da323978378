"""PostgreSQL's own log, set up as in the compose file, holds nothing of a person."""

from collections.abc import Iterable
from pathlib import Path

import psycopg
import pytest
import yaml
from psycopg.sql import SQL, Identifier, Literal

from deploy.local.postgres_cluster import Cluster
from tests.support.paths import REPOSITORY

_DEFAULTS = {"log_min_error_statement": "error", "log_error_verbosity": "default"}
_NAME = "田中 花子"


def _logged(cluster: Cluster, url: str, settings: Iterable[tuple[str, str]]) -> str:
    """Break a rule of the database with a name in the statement, and return what the server wrote of it."""
    before = len(cluster.log.read_bytes())
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in settings:
            connection.execute(SQL("SET {} = {}").format(Identifier(name), Literal(value)))
        insert = SQL("INSERT INTO office (name) VALUES ({})").format(Literal(_NAME))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(SQL("{}; {}").format(insert, insert))
    return cluster.log.read_bytes()[before:].decode()


def _compose() -> list[str]:
    compose = yaml.safe_load(Path(REPOSITORY / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    return compose["services"]["database"]["command"]


def test_a_refused_row_leaves_no_name_in_the_log_of_the_database(cluster: Cluster, database_url: str) -> None:
    set_there = dict(word.split("=") for word in _compose() if word.startswith("log_"))
    # What PostgreSQL writes by default holds the name twice, so that this test can tell.
    assert _logged(cluster, database_url, _DEFAULTS.items()).count(_NAME) >= 2

    written = _logged(cluster, database_url, (_DEFAULTS | set_there).items())

    assert "duplicate key" in written
    assert _NAME not in written
