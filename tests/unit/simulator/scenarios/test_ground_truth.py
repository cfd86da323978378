"""The truth file: what really happens and what should be raised about it, the same each time, and read as it was written."""

import json
import re
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.errors import InputError
from simulator.incidents.incident import IncidentKind
from simulator.incidents.kinds import KINDS, IncidentScope
from simulator.local_days import DAY_S
from simulator.scenarios.binding import bind
from simulator.scenarios.ground_truth import TrueEvent, write_ground_truth
from simulator.scenarios.scenario import library, parse_scenario, read_scenario
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import parse_ward
from simulator.ward_run import Simulation
from tests.support.paths import REPOSITORY

NOW = datetime.fromisoformat("2026-08-03T06:30:00+09:00")
WARD = parse_ward(make_ward(WardOrder(20, 1, NOW)))


def ground_truth(scenario: str, days: float = 2.0) -> list[TrueEvent]:
    read = read_scenario(scenario) if scenario in library() else parse_scenario(scenario, "test.toml")
    return Simulation(WARD, bind([read], WARD, 1), 1).ground_truth(NOW + timedelta(days=days))


def read(line: str) -> TrueEvent:
    """Return the event of a line of a truth file, as docs/simulator.md describes it."""
    body: dict[str, Any] = json.loads(line)
    return TrueEvent(
        kind=IncidentKind(body["event"]),
        resident=body["resident"] or "",
        home=body["home"] or "",
        begins=datetime.fromisoformat(body["from"]),
        ends=datetime.fromisoformat(body["to"]),
        raises=tuple(body["raise"]),
        by=None if body["by"] is None else datetime.fromisoformat(body["by"]),
        says=body["says"],
    )


@pytest.mark.parametrize("name", sorted(library()))
def test_each_scenario_of_the_library_has_its_truth(name: str):
    events = ground_truth(name, 16.0)
    assert events
    wanted = {event.kind for event in read_scenario(name).events}
    assert {event.kind for event in events} == wanted
    schema = json.loads((REPOSITORY / "tests/contract/schemas/truth.schema.json").read_text(encoding="utf-8"))
    check: Any = Draft202012Validator(schema)
    for event in events:
        check.validate(json.loads(event.line()))
        assert event.begins <= event.ends
        assert (event.by is None) == (not event.raises)


def test_each_scenario_of_the_library_says_what_a_good_system_does():
    for path in library().values():
        comment = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
        assert comment, path.name


def test_each_kind_is_in_the_library():
    assert {event.kind for name in library() for event in read_scenario(name).events} == set(IncidentKind)


def test_what_lasts_at_the_beginning_is_there_and_what_comes_again_comes_each_time():
    events = ground_truth("demo", 9.0)
    assert events[0].kind is IncidentKind.DOES_NOT_GET_UP
    pressed = [event.begins for event in events if event.kind is IncidentKind.SOS]
    assert len(pressed) == 3
    assert {(second - first).total_seconds() for first, second in pairwise(pressed)} == {3 * DAY_S}


def test_an_event_says_what_should_be_raised_and_until_when():
    (event,) = ground_truth("sos")
    assert (event.resident, event.raises) == (event.resident, ("sos",))
    assert event.by is not None
    assert event.by - event.begins < timedelta(minutes=2)


def test_what_is_harmless_asks_for_nothing():
    (event,) = ground_truth("visitor_day")
    assert (event.raises, event.by) == ((), None)


def test_the_whole_ward_is_one_event():
    (event,) = ground_truth("ward_silent")
    assert (event.resident, event.home) == ("", "")


def test_what_a_day_leaves_no_room_for_is_no_event():
    walk = 'title = "t"\n[[event]]\nkind = "leaves_area"\nresident = "r001"\nday = 1\nat = "09:00"\n'
    lies = '[[event]]\nkind = "does_not_get_up"\nresident = "r001"\nday = 1\nfor_h = 8\n'
    assert [event.kind for event in ground_truth(walk)] == [IncidentKind.LEAVES_AREA]
    assert [event.kind for event in ground_truth(walk + lies)] == [IncidentKind.DOES_NOT_GET_UP]


def test_a_truth_file_says_all_of_each_event_on_a_line(tmp_path: Path):
    events = ground_truth("hard_day")
    path = tmp_path / "truth.jsonl"
    write_ground_truth(path, events)
    assert [read(line) for line in path.read_text(encoding="utf-8").splitlines()] == events


def test_kinds_of_the_whole_ward_name_no_resident():
    for kind, known in KINDS.items():
        wished = f'title = "t"\n[[event]]\nkind = "{kind}"\nresident = "r001"\n'
        if known.has_time:
            wished += 'at = "10:00"\n'
        if known.scope is IncidentScope.WARD:
            with pytest.raises(InputError, match="leave resident out"):
                parse_scenario(wished, "test.toml")
        else:
            assert parse_scenario(wished, "test.toml").events


HOURS = {"min": 1 / 60, "h": 1.0, "days": 24.0}


def hours(text: str) -> float:
    """Return the first span of a text in hours; none is no time."""
    found = re.search(r"([\d.]+) (min|h|days)", text)
    return float(found[1]) * HOURS[found[2]] if found else 0.0


def test_the_handbook_describes_each_kind_as_it_is():
    page = (REPOSITORY / "docs" / "simulator.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")] for line in page.splitlines()]
    described = {row[1].strip("`"): row[2:] for row in rows if len(row) == 8 and row[1].startswith("`")}
    for kind, known in KINDS.items():
        says, whom, _, lasts, reported, _ = described[kind.value]
        assert (says, whom) == (known.says, known.scope.value)
        assert hours(lasts) == pytest.approx(known.lasts_h), kind
        assert tuple(re.findall(r"`(\w+)`", reported)) == known.raises, kind
        assert hours(reported.partition(" within ")[2]) == pytest.approx(known.within_h), kind
