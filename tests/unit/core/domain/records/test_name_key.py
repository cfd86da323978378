"""Names that are the same however somebody types them, and birthdays that nobody can have."""

from datetime import date

import pytest

from core.domain.records.birthday import birthday_mistake
from core.domain.records.name_key import by_name, name_key, of_name

_TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    "spelled",
    [
        "三丁目 A-102",
        "三丁目　Ａ－１０２",
        "三丁目A-102",
        " 三丁目 a−102 ",
        "三丁目 A‐102",
        "三丁目 A-102\u200b",
    ],
)
def test_one_home_is_one_however_its_name_is_typed(spelled: str) -> None:
    assert name_key(spelled) == name_key("三丁目 A-102")


@pytest.mark.parametrize("other", ["三丁目 A-103", "二丁目 A-102", "三丁目 A-10", "さんちょうめ A-102"])
def test_other_names_stay_apart(other: str) -> None:
    assert name_key(other) != name_key("三丁目 A-102")


@pytest.mark.parametrize(
    ("one", "other"),
    [("コーポ 1 12号", "コーポ 11 2号"), ("コーポ 1 12号", "コーポ 112号"), ("1 2-3", "12-3")],
)
def test_a_space_between_figures_sets_homes_apart(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)
    assert name_key(one) == name_key(one.replace(" ", "\u3000"))


def test_the_very_spelling_is_found_before_another_one() -> None:
    known = by_name([("Ａ１", 1), ("A1", 2), ("B 1", 3)])
    assert [of_name(known, name) for name in ("A1", "Ａ１", "a 1", "b1", "C1")] == [2, 1, 1, 3, None]


@pytest.mark.parametrize(
    ("day", "mistake"),
    [
        (None, None),
        (date(2026, 11, 30), None),
        (date(2026, 12, 1), "born_in_future"),
        (date(1901, 1, 1), None),
        (date(1900, 12, 31), "born_long_ago"),
    ],
)
def test_nobody_is_born_after_today_or_older_than_125_years(day: date | None, mistake: str | None) -> None:
    assert birthday_mistake(day, _TODAY) == mistake
