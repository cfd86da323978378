"""Pages promise no more than the service does."""

import re
from importlib.resources import files
from pathlib import Path

from api import locale
from api.locale import entries
from core.texts.catalogue import SHARED, read_catalogue

# A resident has no sign-in, no page and no sheet: nothing may say that they can look something up.
_RESIDENT_LOOKS = re.compile(
    r"ご本人(と|も|や)(ご?家族|職員)?[^。]*(見|伝わ)|residents? (and|can|may|is able)[^.]*\bsee|shown to the resident"
)


def test_no_text_says_that_the_resident_can_see_something_here() -> None:
    texts = [text for entry in entries().values() for text in entry.values()]
    assert [text for text in texts if _RESIDENT_LOOKS.search(text)] == []


def test_the_pause_says_that_calls_for_help_and_equipment_are_raised_all_the_same() -> None:
    entry = entries()["resident.paused"]
    assert "呼び出しと、機器の不具合は いつも通りお知らせします" in entry["ja"]
    assert "Calls for help and faults of equipment are told as always" in entry["en"]


def test_quiet_hours_say_that_an_unanswered_alert_wakes_too() -> None:
    entry = entries()["resident.quiet"]
    assert "ほかの方の返事がないとき" in entry["ja"]
    assert "nobody else answers" in entry["en"]


def test_the_place_of_an_alert_says_that_a_recorded_reason_opens_it_too() -> None:
    entry = entries()["alert.place_todo"]
    assert "理由を記録した人" in entry["ja"]
    assert "records a reason" in entry["en"]


# What a page asks people to do is done on a page, or by asking somebody: nobody of theirs has a shell.
_SHELL = re.compile(
    r"mimamori [a-z]|MIMAMORI_|コマンド|\bcommands?\b|登録ファイル|ward file|--[a-z]|docs/|\$ "
)


def test_no_text_sends_anybody_to_a_command_a_file_or_the_repository() -> None:
    messages = read_catalogue(files("detectors.alerting").joinpath("texts"), SHARED)
    texts = [text for book in (entries(), messages) for entry in book.values() for text in entry.values()]
    assert len(texts) > 1000
    assert [text for text in texts if _SHELL.search(text)] == []


def test_no_template_names_a_command() -> None:
    templates = list((Path(locale.__file__).parent.parent / "templates").glob("*.html"))
    assert len(templates) > 40
    assert [one.name for one in templates if re.search(r"mimamori (?!\w*-)[a-z]+ ", one.read_text())] == []
