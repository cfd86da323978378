"""A name is found however somebody writes it."""

import pytest

from core.texts.search_key import search_key


@pytest.mark.parametrize(
    "written",
    ["渡辺 キヨ", "渡辺キヨ", "渡辺　キヨ", "渡邉キヨ", "渡邊 きよ", "渡辺 ｷﾖ", "渡辺・キヨ", " 渡辺 キヨ "],
)
def test_spaces_kana_width_and_old_characters_make_no_difference(written: str) -> None:
    assert search_key(written) == "渡辺きよ"


@pytest.mark.parametrize(
    ("written", "key"), [("髙橋", "高橋"), ("山﨑", "山崎"), ("𠮷田", "吉田"), ("斎藤", "斎藤"), ("齋藤", "斎藤"), ("ガード", "がーど")]
)  # fmt: skip
def test_old_forms_of_family_names_are_found_by_the_usual_ones(written: str, key: str) -> None:
    assert search_key(written) == key


def test_a_device_is_found_with_or_without_its_dashes_and_in_full_width_letters() -> None:
    assert search_key("Motion-Kitchen-11") == search_key("ｍｏｔｉｏｎ kitchen 11") == "motionkitchen11"


def test_another_name_has_another_key() -> None:
    assert search_key("たなか") != search_key("なかた")
