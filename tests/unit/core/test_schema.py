"""The schema as one file to read: nothing stands in it that no query of the program reads or writes."""

import re

from core.store.queries import load
from tests.checks.schema import SCHEMA
from tests.support.paths import REPOSITORY

_QUERIES = REPOSITORY / "core" / "store" / "queries"
_TABLE = re.compile(r"^CREATE TABLE (\w+) \((.*?)^\)", re.MULTILINE | re.DOTALL)
_VIEW = re.compile(r"^CREATE VIEW .*?;$", re.MULTILINE | re.DOTALL)
# Numbers that the server gives only distinguish rows; a table may have one that nobody asks for.
_COLUMN = re.compile(r"^    ([a-z_]+) (?!.* AS IDENTITY)", re.MULTILINE)
# Kept for processes of the release before, which run on while the database is migrated; a trigger keeps it.
_OF_THE_RELEASE_BEFORE = {"unassigned_call.is_over"}
_COMMENT = re.compile(r"--[^\n]*")


def _words(query: str) -> set[str]:
    return set(re.findall(r"\w+", _COMMENT.sub("", query)))


def test_each_column_is_read_or_written_by_a_named_query_or_a_view() -> None:
    schema = SCHEMA.read_text(encoding="utf-8")
    files = [path.relative_to(_QUERIES).with_suffix("").as_posix() for path in _QUERIES.rglob("*.sql")]
    queries = [_words(body.decode()) for file in files for body in load(file).values()]
    queries += [_words(view) for view in _VIEW.findall(schema)]
    columns = [(table, name) for table, body in _TABLE.findall(schema) for name in _COLUMN.findall(body)]

    unused = [
        f"{table}.{name}" for table, name in columns if not any({table, name} <= words for words in queries)
    ]

    assert len(columns) > 200
    assert set(unused) == _OF_THE_RELEASE_BEFORE
