"""The schema as one file to read: it is what the migrations make."""

from tests.checks.schema import COMMAND, SCHEMA, text_of


def test_the_committed_schema_is_what_all_migrations_make(database_url: str) -> None:
    committed = SCHEMA.read_text(encoding="utf-8")

    assert text_of(database_url) == committed, f"run `{COMMAND}` and commit core/store/schema.sql"
