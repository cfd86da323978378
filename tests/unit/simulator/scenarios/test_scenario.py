"""Scenario files: what is allowed is bound to a ward, what is not is reported with its line."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import InputError
from simulator.incidents.incident import IncidentKind
from simulator.people.persona import draw_persona
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import TEMPLATE, library, parse_scenario, read_scenario
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import SimWard, parse_ward

NOW = datetime.fromisoformat("2026-11-23T06:30:00+09:00")


def ward(residents: int = 20) -> SimWard:
    return parse_ward(make_ward(WardOrder(residents, 1, NOW)))


def scenario(*lines: str) -> str:
    return "\n".join(('title = "a test"', "", "[[event]]", *lines))


def error(text: str) -> str:
    with pytest.raises(InputError) as raised:
        parse_scenario(text, "mine.toml")
    return str(raised.value)


def test_the_library_holds_what_the_handbook_says_and_all_of_it_is_valid():
    assert set(library()) >= {
        "demo",
        "does_not_get_up",
        "night_exit",
        "sos",
        "gateway_dies",
        "ward_silent",
    }
    for name in library():
        assert bind([read_scenario(name)], ward(), 1)


def test_the_commented_template_is_a_valid_scenario():
    assert parse_scenario(TEMPLATE.read_text(encoding="utf-8"), "template").events


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (('kind = "fire"',), "mine.toml, line 4: kind 'fire' is none of does_not_get_up, sos"),
        (('resident = "anyone"',), "mine.toml, line 3: kind is missing; it is one of does_not_get_up"),
        (
            ('kind = "sos"',),
            'mine.toml, line 3: sos needs a time; at must be a local time such as "06:58", or "10:00-18:00"',
        ),
        (('kind = "sos"', "at = 06:00:00"), "for a chance time between, in quotes, not 06:00:00"),
        (("kind = ['sos']",), "line 4: kind ['sos'] is none of"),
        (('kind = "Collapse"',), "line 4: kind 'Collapse' (did you mean 'collapse'?) is none of"),
        (('kind = "sos"', 'residents = "r001"'), "'residents' is not known (did you mean 'resident'?)"),
        (
            ('kind = "wanders"', 'at = "06:00"', 'pattern = "lappping"'),
            "line 6: pattern 'lappping' (did you mean 'lapping'?) is none of pacing",
        ),
        (('kind = "wanders"', 'at = "06:00"', "pattern = []"), "line 6: pattern [] is none of pacing"),
        (('kind = "sos"', 'at = "25:00"'), "mine.toml, line 5: at must be a local time"),
        (('kind = "sos"', "at = 6"), "mine.toml, line 5: at must be a local time"),
        (
            ('kind = "sos"', 'at = "06:00"', "for_h = 2"),
            "line 6: sos is a moment; leave for_h out",
        ),
        (
            ('kind = "gateway_dies"', 'at = "06:00"', "for_h = 100"),
            "line 6: for_h must be a number from 0.1 to 72.0, not 100",
        ),
        (
            ('kind = "gateway_dies"', 'at = "06:00"', "for_days = 4"),
            "line 6: for_days must be a number from 0.00417 to 3.0, not 4: gateway_dies ends within three days",
        ),
        (
            ('kind = "gateway_dies"', 'at = "06:00"', "for_h = nan"),
            "line 6: for_h must be a number from 0.1 to 72.0, or to 8760.0 for what can last longer",
        ),
        (
            ('kind = "gateway_dies"', 'at = "06:00"', "for_h = 2", "for_days = 1"),
            "line 7: write for_h or for_days, not both",
        ),
        (
            ('kind = "room_hot"', 'at = "06:00"', "temperature_c = 60"),
            "line 6: temperature_c must be a number from -5.0 to 45.0, not 60",
        ),
        (
            ('kind = "delay"', 'at = "06:00"', 'share = "half"'),
            "line 6: share must be a number from 0.0 to 1.0, not 'half'",
        ),
        (
            ('kind = "delay"', 'at = "06:00"', 'device = ""'),
            'line 6: device must be a place such as "kitchen" or a kind such as "tracker", not \'\'',
        ),
        (('kind = "sos"', 'at = "10:00-09:00"'), "line 5: at must not end before it begins: '10:00-09:00'"),
        (
            ('kind = "gateway_dies"', 'at = "06:00"', "day = 1.5"),
            "line 6: day must be a whole number from 0 to 3650",
        ),
        (
            ('kind = "gateway_dies"', 'at = "06:00"', "day = true"),
            "line 6: day must be a whole number",
        ),
        (
            ('kind = "gateway_dies"', 'at = "06:00"', "distance_m = 500"),
            "line 6: distance_m belongs to leaves_area, night_exit and wanders",
        ),
        (('kind = "ward_silent"', 'resident = "r001"', 'at = "06:00"'), "line 5: ward_silent happens to the"),
        (('kind = "sos"', 'when = "06:00"'), "line 5: 'when' is not known; an event has kind, resident, day"),
        (('kind = "sos"', 'at = "06:00"', "resident = 7"), "line 6: resident must be a key of the ward file"),
    ],
)
def test_what_is_not_allowed_is_reported_with_its_line(lines: tuple[str, ...], words: str):
    assert words in error(scenario(*lines))


def test_each_field_of_an_event_says_what_it_must_be():
    for key in ("kind", "resident", "day", "at", "for_h", "for_days", "every_days", "distance_m", "pattern"):
        reported = error(scenario(*(() if key == "kind" else ('kind = "wanders"',)), f"{key} = []"))
        assert f"line {4 if key == 'kind' else 5}: {key} " in reported
        assert "[]" in reported


def test_the_line_is_that_of_the_right_event():
    text = scenario('kind = "sos"', 'at = "06:00"', "", "[[event]]", 'kind = "sos"', 'at = "6"')
    assert "mine.toml, line 9" in error(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title =", "mine.toml, line 1: is not TOML: Invalid value; a line is KEY = VALUE, texts and times"),
        ("title: x", "mine.toml, line 1: is not TOML: Expected '=' after a key"),
        ('title = "x', "mine.toml, line 1: is not TOML: the text of title has no quote at its end"),
        ("title = “x”", "line 1: is not TOML: '“' is no sign of TOML; write straight quotes"),
        ('title = "x"\n[[event]]\nkind = sos', "line 3: is not TOML: Invalid value; a line is KEY = VALUE"),
        (
            'title = "x"\n[[event]]\nat = 10:05',
            "line 3: is not TOML: Expected newline or end of document after",
        ),
        (
            'title = "x"\n[[event]]\nkind = "sos"\nkind = "sos"',
            "line 4: is not TOML: kind is there twice; a second event begins with [[event]]",
        ),
        (
            'title = "x"\n[[event]]\nkind = "sos"\n[event]\nkind = "sos"',
            "line 4: is not TOML: each event begins with [[event]]",
        ),
        ('title = "x"\nevent = ["sos"]', "mine.toml, line 2: write [[event]] with two brackets"),
        ('[[event]]\nkind = "sos"', "title must be a text"),
        (
            'title = "x"\nevents = []',
            "mine.toml, line 2: 'events' is not known (did you mean 'event'?); write",
        ),
        ("title = 7", "mine.toml, line 1: title must be a text that says what happens, not 7"),
        ('title = "x"\n[event]\nkind = "sos"', "mine.toml, line 2: write [[event]] with two brackets"),
    ],
)
def test_a_file_of_another_form_is_refused(text: str, words: str):
    assert words in error(text)


def test_an_unknown_name_lists_the_library():
    with pytest.raises(InputError, match="the library has aimless, bad_line"):
        read_scenario("nothing")


def test_a_mistyped_name_is_reported_with_the_one_that_is_near():
    with pytest.raises(InputError, match=r"'power-cut': there is none \(did you mean 'power_cut'\?\)"):
        read_scenario("power-cut")


def test_a_missing_file_is_reported_with_how_to_write_one():
    with pytest.raises(
        InputError, match=r"missing\.toml: cannot read the scenario: No such file .* new FILE"
    ):
        read_scenario("missing.toml")


def test_a_mark_of_the_encoding_and_other_line_ends_do_no_harm(tmp_path: Path):
    file = tmp_path / "mine.toml"
    text = scenario('kind = "sos"', 'at = "06:00"').replace("a test", "転倒").replace("\n", "\r\n")
    file.write_bytes(text.encode("utf-8-sig"))
    assert read_scenario(str(file)).title == "転倒"


@pytest.mark.parametrize("encoding", ["shift_jis", "utf-16"])
def test_a_file_in_another_encoding_is_to_be_saved_as_utf_8(tmp_path: Path, encoding: str):
    file = tmp_path / "mine.toml"
    file.write_bytes('title = "転倒"'.encode(encoding))
    with pytest.raises(InputError, match=r"mine\.toml, line 1: is not UTF-8; save the file as UTF-8"):
        read_scenario(str(file))


def test_an_unknown_resident_is_reported_with_the_keys_of_the_ward():
    event = parse_scenario(scenario('kind = "sos"', 'at = "06:00"', 'resident = "r999"'), "mine.toml")
    with pytest.raises(InputError, match="line 6: the ward has no resident 'r999'; it has r001, r002"):
        bind([event], ward(), 1)


def test_a_walk_needs_a_home_with_a_tracker():
    body: Any = make_ward(WardOrder(1, 1, NOW))
    home: dict[str, list[dict[str, object]]] = body["homes"][0]
    home["devices"] = [device for device in home["devices"] if device["kind"] != "tracker"]
    with pytest.raises(InputError, match="no home of the ward has what night_exit needs: tracker"):
        bind([read_scenario("night_exit")], parse_ward(body), 1)


def test_a_device_that_no_home_has_is_named():
    event = parse_scenario(scenario('kind = "delay"', 'at = "06:00"', 'device = "garage"'), "mine.toml")
    with pytest.raises(InputError, match=r"what delay needs: .*a device called 'garage'"):
        bind([event], ward(), 1)


def test_the_demo_happens_to_different_people_and_the_early_riser_rises_early():
    played = ward()
    incidents = bind([read_scenario("demo")], played, 1)
    by_kind = {incident.kind: incident for incident in incidents}
    assert len({incident.resident for incident in incidents}) == len(incidents)
    riser = by_kind[IncidentKind.DOES_NOT_GET_UP].resident
    assert draw_persona(1, riser).wake_h < 5.6
    assert by_kind[IncidentKind.SOS].resident == "r001"
    assert by_kind[IncidentKind.SOS].first == date(2026, 11, 23)


def test_the_same_seed_chooses_the_same_people():
    choices = [bind([read_scenario("gateway_dies")], ward(), seed)[0].resident for seed in range(12)]
    assert choices == [bind([read_scenario("gateway_dies")], ward(), seed)[0].resident for seed in range(12)]
    assert len(set(choices)) > 3
