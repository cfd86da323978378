"""The registry of personal data has every table and every text of the database, so that no erasure forgets a new one."""

import re

from core.domain.records.erasure import identifiers_of
from core.domain.records.personal_data import OF_RESIDENTS, PERSONAL_DATA, WhenErased
from core.store.queries import load
from tests.support.paths import REPOSITORY

_TABLE = re.compile(r"^CREATE TABLE (\w+) \((.*?)^\)", re.MULTILINE | re.DOTALL)
_COLUMN = re.compile(r'^    "?(\w+)"? (\w+(?:\[\])?)', re.MULTILINE)
# Whatever can hold a word; the rest are numbers, times and truth values, which go with their rows.
_WORDS = {"text", "jsonb", "json", "bytea", "uuid", "text[]", "xml", "character", "name", "citext", "varchar"}


def _schema() -> dict[str, dict[str, str]]:
    text = (REPOSITORY / "core" / "store" / "schema.sql").read_text(encoding="utf-8")
    return {
        table: {
            name: kind
            for name, kind in _COLUMN.findall(body)
            if name not in {"CONSTRAINT", "CASE", "ELSE", "WHEN"}
        }
        for table, body in _TABLE.findall(text)
    }


def test_every_table_and_every_column_of_words_is_in_the_registry() -> None:
    schema = _schema()
    assert len(schema) > 60
    assert PERSONAL_DATA.keys() == schema.keys()
    for name, columns in schema.items():
        one = PERSONAL_DATA[name]
        words = {column for column, kind in columns.items() if kind in _WORDS}
        assert set(one.texts) | set(one.codes) == words, name
        assert not set(one.texts) & set(one.codes), name
        assert set(one.identities) | set(one.prose) <= set(one.texts), name
        assert not set(one.identities) & set(one.prose), name
        assert set(one.secrets) <= words, name


def test_every_table_that_refers_to_a_person_says_whose_its_rows_are() -> None:
    queries = load("people/personal_rows").keys() | {"reading", "fix"}
    assert queries == {one.name for one in OF_RESIDENTS}
    # Whose number is in a row decides: one that names a resident, contact, alert or home cannot be nobody's.
    about = {"resident_id", "contact_id", "alert_id", "home_id", "geofence_id", "device_number"}
    for name, columns in _schema().items():
        if PERSONAL_DATA[name].when_erased is WhenErased.NOBODY:
            # A shift is of the office's own contacts.
            assert not about & columns.keys() or name == "duty_shift", name


def test_what_refers_to_others_is_deleted_before_them() -> None:
    text = (REPOSITORY / "core" / "store" / "schema.sql").read_text(encoding="utf-8")
    order = [one.name for one in OF_RESIDENTS]
    for table, body in _TABLE.findall(text):
        for key in re.findall(r"FOREIGN KEY .*? REFERENCES (\w+)\([^)]*\)(?! ON DELETE)", body):
            if table in order and key in order and table != key:
                assert order.index(table) < order.index(key), f"{table} refers to {key}"


def test_names_and_numbers_are_sought_in_each_form_and_never_so_short_that_they_are_everywhere() -> None:
    found = identifiers_of(["佐々木　ミヨ", "090-1234-5678", "明", "12-34"])
    assert {"佐々木 ミヨ", "佐々木ミヨ", "佐々木\u3000ミヨ", "+819012345678", "09012345678"} <= set(found)
    assert not {"明", "1234"} & set(found)
