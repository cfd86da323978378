"""The catalogue: both languages whole, the same fields in both, and no word that we do not use."""

import re
from pathlib import Path

import pytest

from api.locale import entries, words_of
from core.domain.alert import Condition, Delivery, EventKind, Handling, Outcome, Severity
from core.domain.device import DeviceKind
from core.domain.metrics import METRICS, Evidence
from core.domain.people import Language, Role, WatchState
from core.store.people.access_log import Viewed
from core.texts.catalogue import SHARED, read_catalogue
from ingest.codecs.result import UNCLEAR_CALL
from tests.support.paths import REPOSITORY

_BANNED_JA = ("\u5f98\u5f8a", "異常", "監視", "対象者", "ユーザー", "患者", "倒れ")
_BANNED_EN = ("abnormal", "victim", "patient", "wander", "surveillance")
_TEMPLATES = REPOSITORY / "api" / "templates"
_CALL = re.compile(r"""\bt(?:\.unfilled)?\(\s*["']([a-z0-9_.]+)["']\s*[,)]""")
_NAME = re.compile(r"""["']([a-z0-9_]+\.[a-z0-9_.]+)["']""")
_BEGIN = re.compile(r"""["']([a-z0-9_]+\.[a-z0-9_]*)(?:(?<=[._])["']|["']\s*~|\{)""")
_PY_CALL = re.compile(r"""\bwords\(\s*f?["']([a-z0-9_.]+)["']\s*[,)]""")


def _reasons_of_quarantine() -> set[str]:
    source = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "ingest").rglob("*.py"))
    found = set(re.findall(r'Rejected\(\s*"(\w+)"', source)) | {UNCLEAR_CALL}
    assert "wrong_shape" in found
    return found


def test_no_text_is_empty() -> None:
    # That both languages are there and have the same fields is the loader's to hold.
    assert [
        name for name, entry in entries().items() if not all(text.strip() for text in entry.values())
    ] == []


def test_no_text_holds_a_word_that_we_do_not_use() -> None:
    for name, entry in entries().items():
        assert not [word for word in _BANNED_JA if word in entry["ja"]], name
        assert not [word for word in _BANNED_EN if word in entry["en"].lower()], name


def test_english_holds_no_japanese() -> None:
    japanese = [name for name, entry in entries().items() if re.search(r"[ぁ-んァ-ン一-龥]", entry["en"])]
    assert japanese == []


@pytest.mark.parametrize("path", sorted(_TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_template_asks_only_for_entries_that_exist(path: Path) -> None:
    missing = [name for name in _CALL.findall(path.read_text(encoding="utf-8")) if name not in entries()]
    assert missing == []


@pytest.mark.parametrize(
    "path", sorted((_TEMPLATES.parent / "pages").glob("*.py")), ids=lambda path: path.name
)
def test_page_asks_only_for_entries_that_exist(path: Path) -> None:
    missing = [name for name in _PY_CALL.findall(path.read_text(encoding="utf-8")) if name not in entries()]
    assert missing == []


def test_no_entry_is_left_that_nobody_asks_for() -> None:
    folder = _TEMPLATES.parent
    paths = [*_TEMPLATES.glob("*.html"), *folder.glob("static/js/*.js")]
    paths += [path for path in folder.rglob("*.py") if "assets" not in path.parts]
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    asked = set(_NAME.findall(text))
    # Of a name that is put together the beginning stands there.
    begins = tuple(_BEGIN.findall(text))
    shared = read_catalogue(SHARED)
    assert [
        name for name in entries() if name not in asked and name not in shared and not name.startswith(begins)
    ] == []


@pytest.mark.parametrize("path", sorted(_TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_template_holds_no_text_of_its_own(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # The one exception is the language switch, which speaks the other language by its nature.
    bare = re.sub(r"""このページを日本語で見る|日本語""", "", text)
    assert not re.search(r"[ぁ-んァ-ン一-龥]", bare)


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("level", [f"p{level.value}" for level in Severity]),
        ("state", [state.value for state in WatchState]),
        ("condition", [one.value for one in Condition]),
        ("handling", [one.value for one in Handling]),
        ("outcome", [one.value for one in Outcome]),
        ("delivery", [one.value for one in Delivery]),
        ("event", [one.value for one in EventKind]),
        ("kind", [one.value for one in DeviceKind]),
        ("role", [one.value for one in Role]),
        ("viewed", [one.value for one in Viewed]),
        ("metric", list(METRICS)),
        ("reading_value", [word for metric in METRICS.values() for word in metric.words]),
        ("profile", [f"evidence_{one.value}" for one in Evidence]),
        ("unstored", sorted(_reasons_of_quarantine())),
    ],
)
def test_every_value_of_the_domain_has_a_word(table: str, names: list[str]) -> None:
    assert [name for name in names if f"{table}.{name}" not in entries()] == []


def test_numbers_of_one_read_well_in_english() -> None:
    assert words_of(Language.EN)("resident.found", n=1) == "1 resident"
    assert words_of(Language.EN)("resident.found", n=2) == "2 residents"


def test_missing_entry_or_field_is_a_clear_mistake() -> None:
    with pytest.raises(LookupError, match=r"no entry 'board\.nothing'"):
        words_of(Language.JA)("board.nothing")
    with pytest.raises(LookupError):
        words_of(Language.JA)("board.held", nobody="x")
