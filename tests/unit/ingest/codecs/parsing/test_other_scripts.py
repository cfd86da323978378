"""A call for help is a call in Japanese, in Chinese and in full-width letters too, and what is not understood is none."""

import pytest

from ingest.codecs.parsing.event_words import Call, call_in_field

FALL, SOS = Call("fall", is_raised=True), Call("sos", is_raised=True)


@pytest.mark.parametrize(
    ("field", "value", "call"),
    [
        ("緊急通報", True, SOS),
        ("ＳＯＳボタン", 1, SOS),
        ("event", "緊急ボタンが押された", SOS),
        ("SOS", "押された", SOS),
        ("転倒検知", 1, FALL),
        ("転倒検知", "なし", Call("fall", is_raised=False)),
        ("状態", "転倒", FALL),
        ("跌倒报警", 1, FALL),
        ("火災警報", False, Call("smoke", is_raised=False)),
        ("event", "漏水発生", Call("water_leak", is_raised=True)),
        ("一酸化炭素警報", 1, Call("carbon_monoxide", is_raised=True)),
    ],
)
def test_a_call_in_another_script_is_one(field: str, value: object, call: Call) -> None:
    assert call_in_field(field, value) == call


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("転倒感度", 3),
        ("転倒回数", 2),
        ("ガス濃度", 12),
        ("非常灯", True),
        ("緊急連絡先", "090"),
        ("部屋", "台所"),
        ("アルコール", 1),
    ],
)
def test_a_setting_or_another_thing_in_another_script_is_none(field: str, value: object) -> None:
    assert call_in_field(field, value) is None


@pytest.mark.parametrize("value", ["転倒していません", "転倒かもしれない", "SOS不明"])
def test_words_of_which_a_part_is_not_understood_are_neither_raised_nor_over(value: str) -> None:
    found = call_in_field("status", value)
    assert found is not None
    assert found.is_raised is None
