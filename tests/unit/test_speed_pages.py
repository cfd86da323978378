"""The figures of speed on the pages are those that `make bench` wrote, with the commit and the day."""

import json
import re
from typing import Any

import pytest

from tests.support.paths import REPOSITORY

_FIGURE = re.compile(r"([\d.,]*\d)<!-- bench: (\w+) -->")
_PAGES = sorted(
    page for page in REPOSITORY.glob("docs/*.md") if _FIGURE.search(page.read_text(encoding="utf-8"))
)


def _measured() -> dict[str, dict[str, Any]]:
    return json.loads((REPOSITORY / "bench.json").read_text(encoding="utf-8"))


def test_the_pages_about_speed_have_figures_to_compare() -> None:
    assert [page.name for page in _PAGES] == ["detector-speed.md", "ingest-speed.md"]


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_each_figure_of_a_page_is_the_one_that_was_measured(page: Any) -> None:
    measured = _measured()
    for text, key in _FIGURE.findall(page.read_text(encoding="utf-8")):
        digits = len(text.partition(".")[2])
        assert text == f"{measured[key]['value']:,.{digits}f}", key


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_a_page_says_at_which_commits_and_on_which_days_its_figures_were_measured(page: Any) -> None:
    measured, text = _measured(), page.read_text(encoding="utf-8")
    keys = {key for _, key in _FIGURE.findall(text)}
    for commit, date in {(measured[key]["commit"], measured[key]["date"]) for key in keys}:
        assert f"`{commit}` ({date})" in text


def test_every_measured_value_has_its_commit_and_day() -> None:
    for key, one in _measured().items():
        assert re.fullmatch(r"[0-9a-f]{7,}\+?", one["commit"]), key
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", one["date"]), key
