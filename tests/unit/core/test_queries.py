"""Named SQL: every query has a purpose, and every one is used."""

import re
from pathlib import Path

import pytest

from core.store.queries import load

STORE = Path(__file__).parents[3] / "core" / "store"
_SCHEMA = (STORE / "schema.sql").read_text(encoding="utf-8")
STORED = set(
    re.findall(
        r"^CREATE (?:UNLOGGED )?(?:TABLE|VIEW|MATERIALIZED VIEW) (?:public\.)?(\w+)", _SCHEMA, re.MULTILINE
    )
)
FILES = sorted((STORE / "queries").rglob("*.sql"))


def _name(file: Path) -> str:
    return file.relative_to(STORE / "queries").with_suffix("").as_posix()


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_every_query_says_its_purpose_in_its_first_line(file: Path) -> None:
    for name, body in load(_name(file)).items():
        assert body.startswith(b"-- "), f"{file.name}: {name} has no purpose line"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_every_query_is_used_by_the_store(file: Path) -> None:
    # Those that are asked for by the name of a table have it from the registry.
    modules = [*STORE.rglob("*.py"), STORE.parent / "domain" / "records" / "personal_data.py"]
    code = "\n".join(module.read_text(encoding="utf-8") for module in modules)
    for name in load(_name(file)):
        assert f'"{name}"' in code, f"{file.name}: nobody uses {name}"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_no_query_asks_the_server_for_the_time(file: Path) -> None:
    # The service's clock is the only one; migrate.sql and locks speak of the machine, which has its own clock.
    if file.stem == "migrate":
        return
    for name, body in load(_name(file)).items():
        code = re.sub(rb"--[^\n]*", b"", body)
        assert not re.search(
            rb"\b(now\(\)|current_timestamp|localtimestamp|current_date)", code, re.IGNORECASE
        ), name


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_no_query_asks_for_whatever_columns_a_table_or_view_has(file: Path) -> None:
    # Processes of a release read beside a schema of the next one, which may have more columns.
    for name, body in load(_name(file)).items():
        assert not _asked_whole(body.decode()), f"{file.name}: {name}"


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("SELECT * FROM full_alert WHERE alert_id = 1", {"full_alert"}),
        ("SELECT DISTINCT ON (card.rule) card.* FROM wanted JOIN full_alert AS card ON true", {"full_alert"}),
        ("SELECT x FROM device, LATERAL (SELECT *\nFROM fix LIMIT 1) AS f", {"fix"}),
        ("DELETE FROM alert RETURNING *", {"alert"}),
        ("UPDATE alert AS old SET version = 2 RETURNING old.*", {"alert"}),
        ("SELECT given.* FROM unnest(%(a)s) AS given", set[str]()),
        ("WITH edge AS (SELECT value FROM reading) SELECT edge.*, count(*), 2 * 3 FROM edge", set[str]()),
        ("INSERT INTO alert (rule) SELECT * FROM unnest(%(rules)s::text[])", set[str]()),
    ],
)
def test_stars_are_found_however_a_query_names_the_table(query: str, asked: set[str]) -> None:
    assert _asked_whole(query) == asked


def _asked_whole(query: str) -> set[str]:
    """Return the tables and views of which a query asks for all columns."""
    code = re.sub(r"--[^\n]*", "", query)
    named = re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY\s+)?(\w+)(?:\s+AS\s+(\w+))?", code)
    meant = {alias or table: table for table, alias in named} | {table: table for table, _ in named}
    # Which table a bare star means is the next one that is named, and after RETURNING the one that is written.
    asked = {meant.get(one, "") for one in re.findall(r"(\w+)\.\*", code)}
    asked |= set(re.findall(r"\bSELECT\s+(?:DISTINCT\s+)?\*\s+FROM\s+(\w+)", code))
    if re.search(r"\bRETURNING\s+\*", code):
        asked |= set(re.findall(r"\b(?:INTO|UPDATE|DELETE\s+FROM)\s+(\w+)", code))
    return asked & STORED
