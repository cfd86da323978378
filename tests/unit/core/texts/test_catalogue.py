"""The one loader of texts: what it takes, how it chooses a form, and what it refuses at the start, with file and key."""

from pathlib import Path

import pytest

from core.domain.people import Language
from core.texts.catalogue import LanguageTexts, TextsError, read_catalogue

_BOARD = """
[board]
title = { ja = "見守りボード", en = "Care board" }
found = { ja = "{n}人", en = "{n} residents", en_one = "{n} resident" }
"""


def _folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_texts_side_by_side_and_a_file_for_each_language_are_one_catalogue(tmp_path: Path) -> None:
    entries = read_catalogue(
        _folder(tmp_path, board=_BOARD, ja='[tag]\nurgent = "【緊急】"', en='[tag]\nurgent = "Urgent: "')
    )
    assert LanguageTexts(Language.JA, entries)("board.title") == "見守りボード"
    assert LanguageTexts(Language.EN, entries)("tag.urgent") == "Urgent: "


@pytest.mark.parametrize(("n", "text"), [(0, "0 residents"), (1, "1 resident"), (2, "2 residents")])
def test_the_number_chooses_the_plural_form(tmp_path: Path, n: int, text: str) -> None:
    entries = read_catalogue(_folder(tmp_path, board=_BOARD))
    assert LanguageTexts(Language.EN, entries)("board.found", n=n) == text
    assert LanguageTexts(Language.JA, entries)("board.found", n=n) == f"{n}人"


def test_a_text_without_its_values_is_a_mistake_and_is_never_shown_with_its_braces(tmp_path: Path) -> None:
    texts = LanguageTexts(Language.EN, read_catalogue(_folder(tmp_path, board=_BOARD)))
    with pytest.raises(LookupError):
        texts("board.found")
    assert texts.unfilled("board.found") == "{n} residents"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[board]\ntitle = { ja = "見守りボード" }', "board.toml: board.title: the text in en is missing"),
        ('[board]\nn = { ja = "{who}", en = "{whom}" }', "board.toml: board.n: en lacks {who}, unlike ja"),
        ('[board]\nn = { ja = "見守り", en = "by {who}" }', "board.toml: board.n: en has {who}, unlike ja"),
        (
            '[board]\nn = { ja = "{n}人", en = "{n}", en_few = "{n}" }',
            "board.toml: board.n: en_few is no form",
        ),
        ('[board]\nn = { ja = "{n}人", en = "{n}", fr = "{n}" }', "board.toml: board.n: fr is no form"),
        ('[board]\nn = { ja = "{who}と{n}人", en = "{who} {n}", en_one = "{n}" }', "en_one lacks {who}"),
        ('[board]\nn = { ja = "{", en = "{" }', "board.toml: board.n: ja: "),
        ('[board]\nn = { ja = 1, en = "1" }', "board.toml: board.n: ja is no text"),
        ('[board]\nn = "見守り"', "board.toml: board.n: give one text a language"),
        ('title = "見守り"', "board.toml: title: stands in no table"),
        ("[board", "board.toml: "),
        ("", "no texts are there"),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_refused_with_file_and_key(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(TextsError) as caught:
        read_catalogue(_folder(tmp_path, board=text))
    assert complaint in str(caught.value)


def test_an_entry_that_is_there_twice_is_refused_with_both_files(tmp_path: Path) -> None:
    with pytest.raises(TextsError, match=r"board2\.toml: board\.title: .* twice, also in board\.toml"):
        read_catalogue(_folder(tmp_path, board=_BOARD, board2=_BOARD))
