"""The schema as one file to read: it is what the migrations make."""

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.checks.schema import COMMAND, SCHEMA, text_of


def test_the_committed_schema_is_what_all_migrations_make(database_url: str) -> None:
    committed = SCHEMA.read_text(encoding="utf-8")

    assert text_of(database_url) == committed, f"run `{COMMAND}` and commit core/store/schema.sql"


@pytest.mark.parametrize(("named", "plain"), [("is_life_sign", "flags & 1"), ("is_retained", "flags & 2")])
def test_the_names_of_flags_cost_a_query_nothing(database_url: str, named: str, plain: str) -> None:
    with psycopg.connect(database_url) as connection:
        statement = SQL("EXPLAIN (VERBOSE, COSTS OFF) SELECT FROM ONLY reading WHERE {}(flags)").format(
            Identifier(named)
        )
        plan = "\n".join(line for (line,) in connection.execute(statement))

    assert plain in plan.replace("(", "").replace(")", "").replace("::integer", "").replace("reading.", "")
    assert named not in plan
