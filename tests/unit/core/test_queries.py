"""Named SQL: every query has a purpose, and every one is used."""

import re
from pathlib import Path

import pytest

from core.store.queries import load

STORE = Path(__file__).parents[3] / "core" / "store"
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
