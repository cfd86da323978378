"""Every message in both languages: the right words, short enough, and nothing that a lock screen should not show."""

import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.domain.alert import WARD, Alert, Condition, Handling, NotificationKind, Outcome, Severity, Subject
from core.domain.notification import Surroundings
from core.domain.people import Channel, Contact, Language
from detectors.alerting import messages
from detectors.alerting.message_texts import entries, texts_of, width
from detectors.alerting.messages import Facts, Text, render

TOKYO = ZoneInfo("Asia/Tokyo")
BEGAN = datetime(2026, 11, 22, 13, 10, tzinfo=UTC)  # 22:10 on a Sunday evening in Tokyo
NOW = datetime(2026, 11, 23, 0, 40, tzinfo=UTC)  # 9:40 on the Monday
RULES = (
    *("inactivity", "geofence_exit", "sos", "home_silent", "device_silent", "ward_silent", "a_new_rule"),
    "canary_silent",
    "stray_sos",
    "unclear_call",
    "help_asked",
    *("fall", "smoke", "gas_leak", "carbon_monoxide", "water_leak"),
    *(
        "late_morning",
        "restless_night",
        "bathroom_stay",
        "quiet_too_long",
        "stillness",
        "appliance_unused",
        "appliance_left_on",
        "heat",
    ),
    *(
        "cold",
        "not_returned",
        "night_exit",
        "absence_not_taken",
        "wandering",
        "left_behind",
        "battery",
        "device_stuck",
        "decline",
    ),
)
BANNED = ("徘徊", "異常", "監視", "対象者", "倒れ", "abnormal", "wander", "victim", "patient", "!", "!")
BODY_LIMIT = 120


def alert(rule: str = "inactivity", **changes: object) -> Alert:
    values: dict[str, object] = {
        "number": 7,
        "rule": rule,
        "subject": WARD
        if rule in {"ward_silent", "canary_silent", "stray_sos", "unclear_call"}
        else Subject.of_resident(5),
        "resident": 5,
        "office": 1,
        "severity": Severity.CHECK_SOON,
        "condition": Condition.ACTIVE,
        "handling": Handling.OPEN,
        "began_at": BEGAN,
        "raised_at": NOW - timedelta(minutes=1),
        "opened_at": NOW,
        "cleared_at": None,
        "claimed_by": None,
        "claimed_at": None,
        "closed_at": None,
        "outcome": None,
        "detected_late": False,
        "reason": {"usual": {"days": 28, "longest_min": 450}, "lat": 35.6581, "lon": 139.7017},
        "version": 1,
        **changes,
    }
    return Alert(**values)  # pyright: ignore[reportArgumentType]


def family(language: Language = Language.JA, calls_resident: str = "お父さん") -> Contact:
    return Contact(3, 5, None, None, "佐藤 花子", "長女", calls_resident, 1, Channel.MAIL, "x@y.jp", language)


def centre(language: Language = Language.JA) -> Contact:
    return Contact(9, None, 1, None, "見守りセンター", "", "", 2, Channel.MAIL, "c@y.jp", language)


def written(
    kind: NotificationKind = NotificationKind.OPENING,
    about: Alert | None = None,
    to: Contact | None = None,
    *,
    who: str = "鈴木 次郎",
    was_withdrawn: bool = False,
) -> Text:
    return render(kind, facts(about or alert(), to or family(), who=who, was_withdrawn=was_withdrawn))


def facts(about: Alert, to: Contact, *, who: str = "鈴木 次郎", was_withdrawn: bool = False) -> Facts:
    around = Surroundings(
        resident="鈴木 一郎",
        resident_phone="03-1111-2222",
        time_zone="Asia/Tokyo",
        area="一丁目",
        office_phone="03-3333-4444",
        device_kind="door",
        device_place="front_door",
        who=who,
        acted_at=NOW - timedelta(minutes=2),
        was_withdrawn=was_withdrawn,
    )
    return Facts(about, to, around, TOKYO, NOW, "https://mimamori.example.jp", "TOKEN", "")


def sentence(text: Text) -> str:
    """Return the message itself: behind the line that a locked screen may show, before links and telephone numbers."""
    return text.body.split("\n")[2]


def states(rule: str, severity: Severity) -> list[tuple[NotificationKind, Alert]]:
    """Return each kind of message with an alert in the states in which it is sent."""
    over = {"condition": Condition.CLEARED, "cleared_at": NOW - timedelta(minutes=3)}
    openings = [
        alert(rule, severity=severity),
        alert(rule, severity=severity, detected_late=True, raised_at=NOW - timedelta(hours=5)),
        alert(rule, severity=severity, detected_late=True, **over),
        alert(rule, severity=severity, handling=Handling.CLAIMED),
    ]
    closed = [alert(rule, severity=severity, handling=Handling.CLOSED, outcome=how) for how in Outcome]
    return [
        *((NotificationKind.OPENING, about) for about in openings),
        (NotificationKind.CLEARED, alert(rule, severity=severity, **over)),
        (NotificationKind.CLAIMED, alert(rule, severity=severity, handling=Handling.CLAIMED)),
        (NotificationKind.UNCLAIMED, alert(rule, severity=severity)),
        (NotificationKind.REMINDER, alert(rule, severity=severity)),
        (NotificationKind.REMINDER, alert(rule, severity=severity, raised_at=NOW - timedelta(days=2))),
        *((NotificationKind.CLOSED, about) for about in closed),
    ]


@pytest.mark.parametrize(("rule", "severity", "language"), list(itertools.product(RULES, Severity, Language)))
def test_every_message_is_complete_short_and_free_of_banned_words(
    rule: str, severity: Severity, language: Language
) -> None:
    name = "お父さん" if language is Language.JA else "Dad"
    for kind, about in states(rule, severity):
        for to in (family(language, name), centre(language)):
            for was_withdrawn in (False, True):
                text = written(kind, about, to, was_withdrawn=was_withdrawn)
                whole = text.subject + text.body

                assert not [word for word in BANNED if word in whole], whole
                assert "{" not in whole, whole
                assert width(text.subject) <= messages.SUBJECT_LIMIT, text.subject
                assert width(sentence(text)) <= BODY_LIMIT, sentence(text)


# All that a lock screen may show; {n} is what the family chose to call the person.
SUBJECTS = {
    "【緊急】{n}のことで至急の確認のお願いがあります",
    "【確認】{n}のことで確認のお願いがあります",
    "【お知らせ】{n}のことでお知らせがあります",
    "【機器】{n}の機器のことでお知らせがあります",
    "【緊急】至急の確認のお願いがあります",
    "【確認】確認のお願いがあります",
    "【お知らせ】見守りのお知らせがあります",
    "【機器】機器のお知らせがあります",
    "Urgent: please check on {n} now",
    "Please check on {n}",
    "A note about {n}",
    "A note about {n}'s equipment",
    "News about {n}",
    "Urgent: please check now",
    "Please check",
    "A note from Mimamori",
    "A note about equipment",
    "News from Mimamori",
}


@pytest.mark.parametrize(("rule", "severity", "language"), list(itertools.product(RULES, Severity, Language)))
def test_a_lock_screen_shows_one_of_the_allowed_subjects_and_nothing_else(
    rule: str, severity: Severity, language: Language
) -> None:
    for kind, about in states(rule, severity):
        for to in (family(language), centre(language)):
            subject = written(kind, about, to).subject
            assert subject.replace("お父さん", "{n}") in SUBJECTS
        # And of what cannot be put into words.
        subject = messages.plain(kind, facts(about, family(language))).subject
        assert subject in SUBJECTS


@pytest.mark.parametrize("rule", RULES)
def test_no_message_holds_a_position(rule: str) -> None:
    for kind, about in states(rule, Severity.EMERGENCY):
        body = written(kind, about).body
        assert "35.6" not in body
        assert "139.7" not in body


def test_the_opening_says_the_fact_the_usual_and_what_to_do() -> None:
    text = written()

    assert text.subject == "【確認】お父さんのことで確認のお願いがあります"
    assert sentence(text) == (
        "【確認】お父さんの動きが見られません。最後の動きはきのう 22:10(11時間30分前)です。"
        "いつもの静けさは、この時間帯では長くて7時間30分です。お電話などで様子を確認してください。"
    )
    assert "https://mimamori.example.jp/a/TOKEN" in text.body
    assert "お父さんの電話: 03-1111-2222" in text.body
    assert "困ったとき: 03-3333-4444" in text.body


def test_the_same_in_english() -> None:
    text = written(to=family(Language.EN, "Dad"))

    assert text.subject == "Please check on Dad"
    assert sentence(text) == (
        "Please check on Dad. No movement since 22:10 yesterday (11 h 30 min ago). "
        "At this time of day the longest usual quiet is 7 h 30 min. A phone call is a good first step."
    )


def test_a_rule_that_knows_no_usual_leaves_that_sentence_out() -> None:
    assert "いつも" not in written(about=alert(reason={})).body
    assert "いつも" not in written(about=alert(reason={"usual": {"days": 3}})).body


def test_a_silence_names_the_last_sure_movement_from_wherever_it_is_counted() -> None:
    uncertain = {"count": 2, "last": {"time": (NOW - timedelta(hours=1)).isoformat(), "place": "hall"}}
    last = {"time": (BEGAN - timedelta(hours=1)).isoformat(), "place": "kitchen"}
    # Counted from the end of a planned absence.
    said = sentence(written(about=alert(reason={"last_life_sign": last, "uncertain_signs": uncertain})))
    assert "最後の確かな動きはきのう 21:10(12時間30分前)です。" in said
    after_safe = alert(reason={"last_life_sign": last, "said_safe_at": BEGAN.isoformat()})
    said = sentence(written(about=after_safe))
    assert said == (
        "【確認】きのう 22:10に結果が記録されたあと、お父さんの動きがまだ確認できません。"
        "最後の動きはきのう 21:10(12時間30分前)です。もう一度、様子を確認してください。"
    )


def test_a_silence_after_a_break_names_the_stretch_in_which_the_last_movement_was() -> None:
    last = {"time": BEGAN.isoformat(), "place": "kitchen"}
    for reason, ja, en in (
        (
            {"last_life_sign": last},
            "最後の動きはきのう 22:10からきのう 23:50のあいだです(通信が切れていたため)。",
            "The last movement was between 22:10 yesterday and 23:50 yesterday; the line was down.",
        ),
        (
            {"last_life_sign": last, "said_safe_at": BEGAN.isoformat()},
            "最後の動きはきのう 22:10からきのう 23:50のあいだです。",
            "the last movement of Dad was between 22:10 yesterday and 23:50 yesterday.",
        ),
    ):
        for to, said in ((family(), ja), (family(Language.EN, "Dad"), en)):
            about = facts(alert(reason=reason), to)
            known_by = BEGAN + timedelta(hours=1, minutes=40)
            sign = replace(about.around, life_sign_at=BEGAN, life_sign_known_by=known_by)
            between = sentence(render(NotificationKind.OPENING, replace(about, around=sign)))
            assert said in between
            assert width(between) <= BODY_LIMIT
            # Another sign has come since: the stretch is that of the other.
            later = replace(sign, life_sign_at=BEGAN + timedelta(minutes=1))
            after = sentence(render(NotificationKind.OPENING, replace(about, around=later)))
            assert said not in after


def test_a_message_names_room_and_degrees_of_the_card_and_nothing_of_a_card_that_nobody_can_read() -> None:
    hot = {"place": "kitchen", "temperature_c": 33.4, "rule_version": 1}
    assert "台所が暑くなっています(33℃・きのう 22:10から)" in written(about=alert("heat", reason=hot)).body
    for place in (7, ["kitchen"]):
        assert (
            "部屋が暑くなっています(?℃・きのう 22:10から)"
            in written(about=alert("heat", reason=hot | {"place": place})).body
        )


def test_a_call_of_nobody_names_each_thing_that_was_called_once() -> None:
    buttons = [{"sender": "a", "metric": one} for one in ("smoke", "water_leak", "smoke")]
    about = alert("stray_sos", reason={"buttons": buttons}, resident=None)
    assert "「煙や火・水もれ」の知らせ" in sentence(written(about=about, to=centre()))
    assert "smoke or fire, a water leak." in sentence(written(about=about, to=centre(Language.EN)))


def test_an_unclear_call_names_the_device_and_its_field_and_cuts_long_names() -> None:
    devices = [{"sender": "chirpstack:0102030405060708/" + "x" * 60, "field": "Alarm" * 20}]
    about = alert("unclear_call", reason={"devices": devices}, resident=None)
    for language in Language:
        said = sentence(written(about=about, to=centre(language)))
        assert "chirpstack:010203040…" in said
        assert "AlarmAlarmAlarmAlarm…" in said
        assert width(said) <= BODY_LIMIT


def test_an_area_alert_says_which_area_and_how_many_homes() -> None:
    dark = {"area": "一丁目\n二番", "homes": 3}
    about = alert("area_silent", resident=None, reason=dark)
    assert "一丁目 二番の3軒" in written(about=about, to=centre()).body


def test_the_centre_reads_the_residents_name_in_the_body_and_finds_the_alert() -> None:
    text = written(to=centre())

    assert text.subject == "【確認】確認のお願いがあります"
    assert "鈴木 一郎さんの動きが見られません" in text.body
    assert "https://mimamori.example.jp/alerts/7" in text.body


def test_a_name_too_long_for_a_lock_screen_is_left_out_of_the_subject() -> None:
    text = written(to=family(calls_resident="たいせつなおばあちゃんとおじいちゃん"))

    assert text.subject == "【確認】確認のお願いがあります"


def test_a_name_cannot_break_the_subject_or_the_lines() -> None:
    text = written(to=family(calls_resident="母\r\nBcc: x@example.org {n}"))

    assert "\r" not in text.subject + text.body
    assert text.subject.count("\n") == 0
    assert "{n}" in text.body


def test_what_happened_long_ago_says_when_it_happened_and_when_we_saw_it() -> None:
    seen_at = NOW - timedelta(minutes=3)
    about = alert(
        "sos",
        severity=Severity.EMERGENCY,
        detected_late=True,
        began_at=BEGAN,
        raised_at=BEGAN,
        detected_at=seen_at,
    )

    text = sentence(written(about=about))

    # The message leaves a little later; what is stated is when we saw it.
    assert text.startswith("【緊急】きのう 22:10に起きたことを、9:37に確認しました。")
    in_english = sentence(written(about=about, to=family(Language.EN)))
    assert "This happened at 22:10 yesterday; we saw it at 9:37." in in_english


def test_a_silence_that_was_found_late_is_not_said_to_have_happened_at_a_moment() -> None:
    about = alert(detected_late=True, raised_at=NOW - timedelta(hours=2), detected_at=NOW)

    assert "7:40のことですが、確認できたのは9:40です。" in sentence(written(about=about))


def test_what_was_over_before_it_could_be_raised_does_not_ask_for_help() -> None:
    about = alert(detected_late=True, condition=Condition.CLEARED, cleared_at=NOW - timedelta(minutes=20))

    text = written(about=about)

    assert text.subject == "【お知らせ】お父さんのことでお知らせがあります"
    assert "9:20に動きが確認できました" in text.body


def test_an_opening_that_leaves_after_a_claim_says_who_is_going() -> None:
    about = alert(handling=Handling.CLAIMED)

    assert "いま鈴木 次郎さんが確認しています。" in written(about=about).body


@pytest.mark.parametrize(
    ("name", "said"),
    [("佐藤 花子", "佐藤 花子さん"), ("見守りセンター", "見守りセンター"), ("はなさん", "はなさん")],
)
def test_people_are_named_politely_and_centres_as_they_are(name: str, said: str) -> None:
    about = alert(handling=Handling.CLAIMED)

    text = written(NotificationKind.CLAIMED, about, who=name)

    assert (
        sentence(text)
        == f"【お知らせ】{said}がお父さんの件(動きがないこと・きのう 22:10・11時間30分前)を確認しています(9:38)。ほかの方の操作は今はいりません。"
    )


def test_a_message_that_is_no_longer_true_is_recognised() -> None:
    claimed, closed = alert(handling=Handling.CLAIMED), alert(handling=Handling.CLOSED)

    assert messages.is_still_true(NotificationKind.CLAIMED, claimed)
    assert not messages.is_still_true(NotificationKind.CLAIMED, alert())
    assert not messages.is_still_true(NotificationKind.UNCLAIMED, claimed)
    assert not messages.is_still_true(NotificationKind.OPENING, closed)
    assert not messages.is_still_true(NotificationKind.CLEARED, alert())
    assert messages.is_still_true(NotificationKind.CLOSED, closed)


@pytest.mark.parametrize(
    ("kind", "place", "ja", "en"),
    [
        ("door", "front_door", "玄関のドアセンサー", "front door sensor"),
        ("motion", "kitchen", "台所の人感センサー", "kitchen motion sensor"),
        ("bed", "納戸", "ベッドのセンサー", "bed sensor"),
        ("unheard_of", "", "機器", "device"),
    ],
)
def test_devices_are_named_by_kind_and_place(kind: str, place: str, ja: str, en: str) -> None:
    assert texts_of(Language.JA).device(kind, place) == ja
    assert texts_of(Language.EN).device(kind, place) == en


@pytest.mark.parametrize(
    ("span", "ja", "en"),
    [
        (timedelta(seconds=20), "たった今", "just now"),
        (timedelta(minutes=12), "12分前", "12 min ago"),
        (timedelta(hours=3), "3時間前", "3 h ago"),
        (timedelta(hours=3, minutes=20), "3時間20分前", "3 h 20 min ago"),
        (timedelta(days=3, hours=5), "3日前", "3 days ago"),
    ],
)
def test_spans_are_said_in_round_words(span: timedelta, ja: str, en: str) -> None:
    assert texts_of(Language.JA).ago(NOW - span, NOW) == ja
    assert texts_of(Language.EN).ago(NOW - span, NOW) == en


def test_moments_are_said_with_the_day_where_it_is_not_today() -> None:
    ja, en = texts_of(Language.JA), texts_of(Language.EN)

    assert ja.moment(NOW, NOW, TOKYO) == "9:40"
    assert ja.moment(BEGAN - timedelta(days=3), NOW, TOKYO) == "11/19(木) 22:10"
    assert en.moment(BEGAN - timedelta(days=3), NOW, TOKYO) == "22:10 on Thu 19 Nov"


def test_every_outcome_has_a_text() -> None:
    outcomes = {key.removeprefix("outcome.") for key in entries() if key.startswith("outcome.")}
    assert outcomes == {str(outcome) for outcome in Outcome}


def reminded(asked_before: int, to: Contact | None = None, **changes: Any) -> str:
    base = facts(alert("sos", severity=Severity.EMERGENCY, **changes), to or family())
    around = replace(base.around, asked_before=asked_before, people_asked=3)
    return sentence(render(NotificationKind.REMINDER, replace(base, around=around)))


def test_a_reminder_says_what_since_when_and_no_two_say_the_same() -> None:
    pressed: dict[str, Any] = {
        "began_at": NOW - timedelta(minutes=9),
        "raised_at": NOW - timedelta(minutes=9),
    }
    first, later = reminded(1, **pressed), reminded(2, **pressed)
    to_centre = reminded(2, centre(), **pressed)
    long_open = reminded(4, began_at=BEGAN - timedelta(days=2), raised_at=BEGAN - timedelta(days=2))

    assert first == (
        "【緊急】お父さんの件(SOSボタン・9:31・9分前)に、まだどなたからもお返事がありません(お知らせ済み3人)。"
        "確認できる方は、お返事をお願いします。"
    )
    assert "近くの方に見に行ってもらうか、119番へ" in later
    assert "鈴木 一郎さんの件(SOSボタン・9:31・9分前)に、お知らせした3人から返事がありません" in to_centre
    assert "11/20(金) 22:10・2日前)の結果が、まだ記録されていません" in long_open
    assert len({first, later, to_centre, long_open}) == 4


def test_a_message_says_the_last_movement_that_a_sensor_of_the_home_reported_and_no_more() -> None:
    base = facts(alert("sos"), family())
    around = replace(base.around, life_sign_at=NOW - timedelta(minutes=3), life_sign_place="kitchen")
    said = render(NotificationKind.REMINDER, replace(base, around=around)).body
    assert "家で最後に伝えられた動き: 9:37(3分前・台所)" in said
    # Things that stand for a place have their name too, in the pages' words.
    by_button = replace(around, life_sign_place="sos")
    said = render(NotificationKind.REMINDER, replace(base, around=by_button)).body
    assert "家で最後に伝えられた動き: 9:37(3分前・SOSボタン)" in said
    # After a break only the stretch of time is known.
    between = replace(
        around, life_sign_at=NOW - timedelta(hours=2), life_sign_known_by=NOW - timedelta(hours=1)
    )
    said = render(NotificationKind.CLAIMED, replace(base, around=between)).body
    assert "家で最後に伝えられた動き: 7:40から8:40の間・台所" in said
    assert "動き:" not in written().body


@pytest.mark.parametrize(
    ("kind", "place", "japanese", "english"),
    [
        ("motion", "kitchen", "台所の人感センサー", "kitchen motion sensor"),
        ("bed", "bed", "ベッドのセンサー", "bed sensor"),
        ("button", "sos", "SOSボタン", "SOS button"),
        ("motion", "ロフト", "人感センサー", "motion sensor"),
    ],
)
def test_a_device_is_called_by_where_it_stands_and_what_it_is_but_not_twice(
    kind: str, place: str, japanese: str, english: str
) -> None:
    assert texts_of(Language.JA).device(kind, place) == japanese
    assert texts_of(Language.EN).device(kind, place) == english


def test_the_first_line_is_what_a_locked_screen_may_show() -> None:
    first = written(about=alert("sos", severity=Severity.EMERGENCY)).body.split("\n")[0]
    assert first == "【緊急】お父さんのことで至急の確認のお願いがあります(9:39)"


def test_an_end_says_which_alert_what_now_and_whom_to_call() -> None:
    def closed(outcome: Outcome) -> Text:
        about = alert("sos", severity=Severity.EMERGENCY, handling=Handling.CLOSED, outcome=outcome)
        return written(NotificationKind.CLOSED, about)

    safe, ambulance = closed(Outcome.SAFE_CONTACTED), closed(Outcome.AMBULANCE_CALLED)
    assert sentence(safe) == (
        "【お知らせ】お父さんの件(SOSボタン・きのう 22:10・11時間30分前)は終わりました。"
        "鈴木 次郎さんから: 無事でした。連絡がつきました(9:38)。ありがとうございました。見守りは続いています。"
    )
    assert "困ったとき: 03-3333-4444" in safe.body
    # Somebody goes to hospital: that is no note for the morning.
    assert ambulance.subject == "【緊急】お父さんのことで至急の確認のお願いがあります"
    assert "救急を要請しました(9:38)。行き先は、鈴木 次郎さんか下の番号に確かめてください。" in sentence(
        ambulance
    )
    assert "困ったとき: 03-3333-4444" in ambulance.body


@pytest.mark.parametrize(("days", "is_soon"), [(0, True), (3, True), (4, False), (60, False)])
def test_a_nearly_empty_battery_of_a_button_is_not_said_to_be_without_hurry(
    days: int, *, is_soon: bool
) -> None:
    for kind in ("button", "motion"):
        card = {"kind": kind, "days_left": days + 2, "days_left_low": days}
        about = alert("battery", severity=Severity.EQUIPMENT, reason=card)
        ja, en = (sentence(written(about=about, to=centre(one))) for one in (Language.JA, Language.EN))
        assert ("お急ぎではありません" not in ja) == is_soon
        assert ("Not urgent" not in en) == is_soon
        assert width(ja) <= BODY_LIMIT
        assert ("押しても届きません" in ja) == (is_soon and kind == "button")


@pytest.mark.parametrize(("rule", "language"), list(itertools.product(RULES, Language)))
def test_every_message_says_a_time(rule: str, language: Language) -> None:
    for severity in Severity:
        for kind, about in states(rule, severity):
            said = sentence(written(kind, about, family(language)))
            assert re.search(r"[0-9]{1,2}:[0-9]{2}", said), said
