"""Migrations as files, without a database."""

from core.store.migrate import migrations


def test_migrations_are_numbered_one_after_the_other() -> None:
    found = [one.number for one in migrations()]
    assert found == list(range(1, len(found) + 1))
