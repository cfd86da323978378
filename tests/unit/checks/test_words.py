"""The checks of words, names in docs and the changelog find what they look for."""

from pathlib import Path

import pytest

from tests.checks.docs import findings_in
from tests.checks.prose import found_in
from tests.checks.words import changelog, elsewhere_in, retired_in


def test_a_retired_word_is_found_in_snake_and_camel_case() -> None:
    assert retired_in("judged_state") == ["judged"]
    assert retired_in("JudgingQueue") == ["judging"]
    assert retired_in("_START_PATIENCE_S") == ["patience"]
    assert retired_in("evaluated_state") == []
    assert retired_in("planet_lanes") == []
    assert retired_in("who_was_told") == ["told"]
    # "Cannot tell" is a state.
    assert retired_in("nobody_can_tell") == retired_in("CANNOT_TELL") == []


def test_a_note_that_readers_do_not_have_is_found() -> None:
    assert elsewhere_in("as D12 says, and ux.md") == ["D12", "ux.md"]
    assert elsewhere_in("model MM-D1, docs/rules.md") == []


def test_the_changelog_has_short_lines_under_known_headings() -> None:
    good = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Something new.\n"
    assert list(changelog(good)) == []
    assert list(changelog(good.replace("Added", "News"))) == [
        "CHANGELOG.md:5: News: not a heading of Keep a Changelog"
    ]
    assert list(changelog(good.replace("Something", "S" * 120))) == [
        "CHANGELOG.md:7: 127 characters (at most 120)"
    ]
    assert list(changelog("# Changelog\n\n## [Unreleased]\n\n- Something new.\n")) == [
        "CHANGELOG.md:5: an entry without a heading such as Added, Changed, Fixed"
    ]


def test_paths_and_links_in_docs_lead_somewhere() -> None:
    page = Path("docs/page.md")
    assert list(findings_in(page, "see `core/clock.py` and [rules](rules.md#inactivity)")) == []
    assert list(findings_in(page, "see `core/watch.py`")) == ["docs/page.md:1: there is no core/watch.py"]
    assert list(findings_in(page, "see [it](nowhere.md)")) == [
        "docs/page.md:1: the link to nowhere.md leads nowhere"
    ]


@pytest.mark.parametrize(
    ("suffix", "text", "found"),
    [
        (".py", 'def f() -> None:\n    """Return a home.\n\n    Nobody is told.\n    """\n', [(4, "told")]),
        (".py", "x = 1  # the device was heard\n", [(1, "heard")]),
        (".py", 'x = "nobody is told"\n', []),
        (".sql", "SELECT told.day FROM reading AS told;\n-- What a device told.\n", [(2, "told")]),
        (".md", "A claim lapses.\n\n```\ntold\n```\n\nNews come.\n", [(1, "lapses"), (7, "news")]),
        (".md", "The verdict `told`, the state cannot tell, and Digital Matter.\n", []),
        (".md", "One matter is left; what matters?\n", [(1, "matter"), (1, "matters")]),
        (".css", ".paper { }\n.matter-card--p1 { }\n", [(2, "matter")]),
        (".html", '<p id="zone-told" class="small">{{ t("board.told") }}</p>\n', [(1, "told")]),
        (".js", "// Screen readers hear it\nhear(event);\n", [(1, "hear")]),
    ],
)
def test_a_retired_word_is_found_in_prose_and_not_in_names_of_the_interface(
    suffix: str, text: str, found: list[tuple[int, str]]
) -> None:
    assert list(found_in(suffix, text)) == found
