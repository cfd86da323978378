"""Reasons in words: every rule, both languages, whole cards and empty ones; never a place."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.locale import words_of
from api.wording.alert_reason import confidence, line, ruled_out, title, todo, why
from api.wording.times import LocalTimes
from core.domain.alert import Alert, Condition, Handling, Severity, Subject
from core.domain.people import Language

_NOW = datetime(2026, 11, 23, 0, 52, tzinfo=UTC)
_CARDS: dict[str, dict[str, Any]] = {
    "inactivity": {
        "last_life_sign": {"time": "2026-11-22T12:40:00+00:00", "kind": "motion", "place": "bedroom"},
        "usual": {"days": 28, "active_by": "2026-11-22T21:40:00+00:00", "longest_min": 95},
        "context": "after_door",
        "listening_since": "2026-11-22T22:00:00+00:00",
        "ruled_out": ["planned_absence", "home_silent", "ward_silent"],
        "confidence": "high",
    },
    "geofence_exit": {
        "geofence": {"number": 3, "name": "公園"},
        "position": {
            "time": "2026-11-23T00:40:00+00:00",
            "lat": 35.6123,
            "lon": 139.7456,
            "accuracy_m": 15.0,
        },
        "outside_m": 180,
        "was_outside_when_hours_began": True,
        "ruled_out": ["poor_accuracy", "single_fix"],
        "confidence": "medium",
    },
    "sos": {"place": "bed", "pressed_at": "2026-11-23T00:50:00+00:00"},
    "home_silent": {"cause": "offline", "last_heard": "2026-11-22T20:04:00+00:00", "devices": 6},
    "ward_silent": {"cause": "no_life_sign", "homes": 28, "last_heard": "2026-11-22T20:04:00+00:00"},
    "help_asked": {"pressed_at": "2026-11-23T00:50:00+00:00"},
    "fall": {"place": "bedroom", "pressed_at": "2026-11-23T00:50:00+00:00"},
    "smoke": {"place": "kitchen", "pressed_at": "2026-11-23T00:50:00+00:00"},
    "gas_leak": {"place": "", "pressed_at": "2026-11-23T00:50:00+00:00"},
    "carbon_monoxide": {"place": "kitchen", "pressed_at": "2026-11-23T00:50:00+00:00"},
    "water_leak": {"place": "bathroom", "pressed_at": "2026-11-23T00:50:00+00:00"},
    "stray_sos": {
        "buttons": [
            {
                "sender": "z2m:g1/button_7",
                "metric": "smoke",
                "cause": "unknown_device",
                "last_at": "2026-11-23T00:50:00+00:00",
                "presses": 2,
            }
        ],
        "told_through": "2026-11-23T00:50:00+00:00",
    },
    "unclear_call": {
        "devices": [
            {"sender": "z2m:g1/x", "field": "Alarm", "since": "2026-11-23T00:50:00+00:00"},
            {"sender": "z2m:g1/y", "device_id": "y-1", "field": "sos", "since": "2026-11-23T00:40:00+00:00"},
        ],
        "told_at": "2026-11-23T00:50:00+00:00",
    },
    "canary_silent": {"cause": "canary_missing", "last_heard": "2026-11-22T20:04:00+00:00"},
    "device_silent": {"cause": "no_heartbeat", "kind": "motion", "place": "kitchen"},
    "wandering": {
        "pattern": "to_and_fro",
        "walked_m": 640,
        "within_m": 150,
        "unfamiliar_pct": 90,
        "position": {"time": "2026-11-23T00:30:00+00:00", "lat": 35.6, "lon": 139.8, "accuracy_m": 12.0},
        "search": {"half_within_m": 1200, "most_within_m": 5000, "walks_m_s": 1.1},
        "ruled_out": ["poor_accuracy", "sudden_jump", "usual_ground"],
    },
    "decline": {
        "count": "door_uses",
        "lately": 2.0,
        "usual": {"median": 4.0, "days": 56},
        "ruled_out": ["single_day"],
    },
    "left_behind": {"quiet_min": 60, "still_fixes": 12, "ruled_out": ["home_silent", "planned_absence"]},
    "device_stuck": {"kind": "motion", "place": "kitchen", "cause": "mute", "usual": {"longest_h": 11.5}},
    "battery": {
        "kind": "motion",
        "place": "kitchen",
        "level_pct": 14,
        "cause": "forecast",
        "days_left": 20,
        "days_left_low": 12,
    },
    "late_morning": {
        "usual": {"days": 28, "up_at_min": 385, "up_by_min": 402},
        "ruled_out": ["left_by_door"],
    },
    "restless_night": {"visits": 7, "usual": {"days": 27, "visits": 1.4}, "ruled_out": ["single_night"]},
    "quiet_too_long": {
        "place": "kitchen",
        "quiet_min": 240,
        "hours_start": "06:00",
        "hours_end": "11:00",
        "nothing_since": "2026-11-22T12:40:00+00:00",
    },
    "bathroom_stay": {"place": "bathroom", "usual": {"visits": 120, "longest_min": 24}, "confidence": "high"},
    "stillness": {"place": "hallway", "usual": {"days": 28, "longest_min": 4}, "confidence": "high"},
    "appliance_unused": {"place": "kitchen", "usual": {"days": 28, "first_at_min": 420}},
    "appliance_left_on": {"place": "kitchen", "usual": {"uses": 80, "high_min": 9}},
    "heat": {
        "cause": "danger",
        "place": "bedroom",
        "temperature_c": 35.2,
        "humidity_pct": 62,
        "wbgt_c": 31.1,
        "ruled_out": ["away", "single_value"],
    },
    "cold": {
        "cause": "below_usual",
        "place": "living_room",
        "temperature_c": 9.5,
        "usual": {"temperature_c": 16.1},
    },
    "not_returned": {"cause": "late", "usual": {"outings": 22, "longest_min": 250}},
    "night_exit": {"door_at": "2026-11-22T12:40:00+00:00", "place": "front_door", "quiet_min": 10},
    "absence_not_taken": {"cause": "did_not_leave", "kind": "day_service", "ruled_out": ["left_by_door"]},
    "a_rule_of_tomorrow": {"anything": [1, 2]},
}


def _alert(rule: str, reason: dict[str, Any], *, detected_late: bool = False) -> Alert:
    return Alert(
        number=1,
        rule=rule,
        subject=Subject.of_resident(1),
        resident=1,
        office=1,
        severity=Severity.CHECK_SOON,
        condition=Condition.ACTIVE,
        handling=Handling.OPEN,
        began_at=datetime(2026, 11, 22, 12, 40, tzinfo=UTC),
        raised_at=datetime(2026, 11, 23, 0, 40, tzinfo=UTC),
        opened_at=datetime(2026, 11, 23, 0, 41, tzinfo=UTC),
        cleared_at=None,
        claimed_by=None,
        claimed_at=None,
        closed_at=None,
        outcome=None,
        detected_late=detected_late,
        reason=reason,
        version=1,
    )


def _moments(language: Language) -> LocalTimes:
    return LocalTimes(_NOW, ZoneInfo("Asia/Tokyo"), words_of(language))


def _texts(alert: Alert, language: Language) -> list[str]:
    times = _moments(language)
    words = times.words
    return [
        title(alert.rule, words),
        line(alert, times),
        todo(alert, words),
        *why(alert, times),
        *ruled_out(alert, times),
        *filter(None, [confidence(alert, words)]),
    ]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("rule", list(_CARDS))
@pytest.mark.parametrize("is_empty", [False, True])
def test_every_card_makes_sentences_without_a_place(rule: str, language: Language, *, is_empty: bool) -> None:
    texts = _texts(_alert(rule, {} if is_empty else _CARDS[rule], detected_late=True), language)
    assert len(texts) >= 5
    assert all(text and "{" not in text and "None" not in text for text in texts)
    assert "35.6" not in "".join(texts)


@pytest.mark.parametrize("rule", list(_CARDS))
def test_card_with_wrong_types_says_less_but_never_fails(rule: str) -> None:
    spoiled = dict.fromkeys(_CARDS[rule], 7) | {"ruled_out": "all", "confidence": None}
    assert why(_alert(rule, spoiled), _moments(Language.JA))


def test_how_sure_it_is_does_not_stand_among_what_else_was_checked() -> None:
    alert = _alert("unclear_call", {"ruled_out": [], "confidence": "high"})
    assert ruled_out(alert, _moments(Language.JA)) == []
    assert confidence(alert, words_of(Language.JA)) == "判定の確かさ: 高い"
    assert confidence(_alert("sos", {"confidence": "high"}), words_of(Language.JA)) == "", (
        "a call is never doubted"
    )


def test_inactivity_says_fact_then_usual() -> None:
    sentences = why(_alert("inactivity", _CARDS["inactivity"]), _moments(Language.JA))
    assert sentences[0] == "最後の動きは 11/22(日) 21:40、寝室です。それから 12時間12分、動きがありません。"
    assert sentences[1] == "この時間帯に いつもあるのは、長くて 1時間35分の静けさです(28日の記録から)。"
    # The row says the same last movement and the same usual.
    row = line(_alert("inactivity", _CARDS["inactivity"]), _moments(Language.JA))
    assert row == "最後の動き 11/22(日) 21:40 (いつもの静けさは長くて 1時間35分)"


def test_a_silence_that_goes_on_after_it_was_closed_says_the_last_movement_and_when_it_was_closed() -> None:
    closed = {
        "last_life_sign": {"time": "2026-11-22T11:00:00+00:00"},
        "said_safe_at": "2026-11-22T12:40:00+00:00",
    }
    alert = _alert("inactivity", {**_CARDS["inactivity"], **closed})
    sentences = why(alert, _moments(Language.JA))
    assert sentences[0].startswith("最後の動きは 11/22(日) 20:00です。")
    assert sentences[1] == "11/22(日) 21:40に結果が記録されましたが、そのあと確かな動きがありません。"
    assert "20:00" in line(alert, _moments(Language.JA))


def test_inactivity_names_single_signs_without_taking_them_for_movement() -> None:
    single = {"count": 2, "last": {"time": "2026-11-22T15:10:00+00:00", "place": "hallway"}}
    alert = _alert("inactivity", {**_CARDS["inactivity"], "uncertain_signs": single})
    sentences = why(alert, _moments(Language.JA))
    assert sentences[0].startswith("最後の確かな動きは 11/22(日) 21:40、寝室です。")
    assert sentences[1].startswith("そのあと センサーが 2回、単発で反応しました(最後は 0:10)。")
    assert "answered 2 times" in why(alert, _moments(Language.EN))[1]


def test_a_call_of_nobody_says_what_was_called_and_by_which_device() -> None:
    alert = _alert("stray_sos", _CARDS["stray_sos"])
    assert line(alert, _moments(Language.EN)) == "Smoke alarm, at Sun 22 Nov 21:40"
    sentences = why(alert, _moments(Language.JA))
    assert sentences[0] == "11/22(日) 21:40に、どの方のものでもない機器から「煙の警報」が届きました。"
    assert sentences[1] == "機器: z2m:g1/button_7「煙の警報」(最後 9:50・2回)"


def test_an_unclear_call_names_device_and_field_and_whether_it_is_registered() -> None:
    alert = _alert("unclear_call", _CARDS["unclear_call"])
    assert line(alert, _moments(Language.EN)) == "Alarm, at 9:50, and 1 more"
    sentences = why(alert, _moments(Language.EN))
    assert sentences[1].startswith("Device: z2m:g1/x, field: Alarm (first at ")
    assert sentences[2] == "This device is not registered."
    assert sentences[3].startswith("Device: y-1, field: sos (first at ")


def test_silent_home_says_that_we_cannot_tell() -> None:
    assert "分かりません" in why(_alert("home_silent", _CARDS["home_silent"]), _moments(Language.JA))[-1]


@pytest.mark.parametrize(
    ("place", "kind", "name"),
    [
        ("fridge", "fridge", "冷蔵庫センサーの電池"),
        ("bed", "bed", "ベッドセンサーの電池"),
        ("kitchen", "motion", "台所 人感センサーの電池"),
        ("", "motion", "人感センサーの電池"),
    ],
)
def test_a_device_that_is_named_after_its_place_is_named_once(place: str, kind: str, name: str) -> None:
    alert = _alert("battery", {**_CARDS["battery"], "place": place, "kind": kind})
    assert why(alert, _moments(Language.JA))[0].startswith(name)


def test_whoever_was_outside_from_the_first_position_on_did_not_leave_at_that_time() -> None:
    alert = _alert("geofence_exit", _CARDS["geofence_exit"])
    said = " ".join(why(alert, _moments(Language.JA)))
    assert "もう「公園」の外にいました。いつ出たかは 分かりません。" in said
    assert "外に出ました" not in said
    assert "中にいる時間" not in said
    assert "when they left is not known" in " ".join(why(alert, _moments(Language.EN)))
