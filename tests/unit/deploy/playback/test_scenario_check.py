"""Which homes are played of a scenario, for how long, and what is said about what came of it."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain.simulation import RaisedAlert, SimulatedEvent, compare
from core.errors import InputError
from deploy.playback import scenario_report
from deploy.playback.scenario_library import pasts, plans
from deploy.playback.scenario_run import ScenarioCheck, ScenarioRun
from deploy.playback.scenario_test_bed import made_up
from tests.support.command_line import CommandLine

GROUNDS = made_up(12)
BEGIN = GROUNDS.ward.origin


def planned(folder: Path, *events: str, bystanders: int = 2, crowd: int | None = None) -> ScenarioRun:
    file = folder / "mine.toml"
    text = "".join(f"[[event]]\n{event}\n" for event in events)
    file.write_text(f'title = "a test"\n{text}', encoding="utf-8")
    (run,) = plans(GROUNDS, [str(file)], bystanders=bystanders, crowd=crowd)
    return run


def keys(run: ScenarioRun) -> list[str]:
    return [home.resident for home in run.homes]


PRESS = 'kind = "sos"\nresident = "r005"\nat = "10:05"'
LOSS = 'kind = "loss"\nresident = "everyone"\nat = "07:00"'


def test_somebody_and_a_few_in_whose_homes_nothing_happens_are_played(tmp_path: Path) -> None:
    assert keys(planned(tmp_path, PRESS)) == ["r001", "r002", "r005"]
    assert keys(planned(tmp_path, PRESS, bystanders=0)) == ["r005"]


def test_what_concerns_the_ward_is_played_with_all_homes(tmp_path: Path) -> None:
    assert len(planned(tmp_path, 'kind = "ward_silent"\nat = "13:00"').homes) == 12


def test_of_homes_in_which_no_more_happens_than_in_all_a_few_will_do(tmp_path: Path) -> None:
    assert len(planned(tmp_path, PRESS, LOSS).homes) == 12
    assert keys(planned(tmp_path, PRESS, LOSS, crowd=1)) == ["r001", "r005"]
    # Who is struck alone is always played.
    alone = LOSS.replace("everyone", "r007")
    assert keys(planned(tmp_path, PRESS, alone, crowd=0, bystanders=0)) == ["r005", "r007"]


def test_it_is_played_until_everything_is_due_that_happens_for_the_first_time(tmp_path: Path) -> None:
    collapse = 'kind = "collapse"\nresident = "r005"\nat = "10:00"\nfor_h = 2.0'
    assert planned(tmp_path, collapse).end == at("2026-08-01 17:00")
    assert planned(tmp_path, f"{collapse}\nevery_days = 2").end == at("2026-08-01 17:00")
    # What nobody should be notified about is watched for a week at most.
    assert planned(tmp_path, 'kind = "pet"\nresident = "r005"').end == at("2026-08-08 01:00")


def test_it_is_evaluated_when_something_is_due_also_between_two_steps(tmp_path: Path) -> None:
    run = planned(tmp_path, 'kind = "gateway_dies"\nresident = "r005"\nat = "10:00"\nfor_h = 20.0')
    moments = run.moments(steps=4)
    assert at("2026-08-01 10:15") in moments
    assert moments == sorted(set(moments))
    assert moments[-1] == run.end
    assert len(moments) <= 6


def test_who_declines_is_compared_with_two_months(tmp_path: Path) -> None:
    decline = planned(tmp_path, 'kind = "declines"\nresident = "r005"', bystanders=0)
    press = planned(tmp_path, PRESS, bystanders=0)
    assert pasts([decline, press]) == {63: {"r005"}, 28: {"r005"}}


def test_what_comes_about_too_late_is_not_played(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing of it comes about within 120 days"):
        planned(tmp_path, f"{PRESS}\nday = 3000")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEGIN.tzinfo)


def check(folder: Path, *alerts: RaisedAlert) -> ScenarioCheck:
    run = planned(folder, PRESS)
    began = at("2026-08-01 10:05")
    event = SimulatedEvent(
        1, "sos", 3, began, began, ("sos",), began + timedelta(minutes=1), is_injected=False
    )
    return ScenarioCheck(run, compare([event], alerts, run.end), {3: "1丁目", 4: "2丁目"}, 1.0)


def test_the_result_says_what_was_raised_missed_and_false(tmp_path: Path) -> None:
    result = check(tmp_path, RaisedAlert(1, "sos", 3, at("2026-08-01 10:05")))
    missed = check(tmp_path)
    disturbed = check(
        tmp_path,
        RaisedAlert(1, "sos", 3, at("2026-08-01 10:05")),
        RaisedAlert(2, "inactivity", 4, at("2026-08-01 10:30")),
    )
    assert [scenario_report.is_as_expected(one) for one in (result, missed, disturbed)] == [
        True,
        False,
        False,
    ]
    words = scenario_report.summary([result, missed, disturbed])
    assert words.startswith(
        "3 scenarios: 2 of 3 events raised in time, 0 late, 1 missed; 1 false alerts in 2 home-days"
    )


def test_results_are_written_as_json(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    scenario_report.write([check(tmp_path, RaisedAlert(1, "sos", 3, at("2026-08-01 10:05:30")))], out)
    (scenario,) = json.loads(out.read_text(encoding="utf-8"))["scenarios"]
    assert scenario["events"] == [
        {
            "event": "sos",
            "home": "1丁目",
            "from": "2026-08-01T01:05:00Z",
            "to": "2026-08-01T01:05:00Z",
            "raise": ["sos"],
            "by": "2026-08-01T01:06:00Z",
            "verdict": "told",
            "rule": "sos",
            "raised_at": "2026-08-01T01:05:30Z",
            "delay_s": 30,
        }
    ]
    assert scenario["false_alerts"] == []
    with pytest.raises(InputError, match="cannot write"):
        scenario_report.write([check(tmp_path)], tmp_path / "nowhere" / "results.json")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("fire",), "there is none; the library has"),
        (("sos", "--ward", "missing.json"), "cannot read missing.json"),
        (("night_exit", "--residents", "0"), "--residents"),
    ],
)
def test_a_mistake_is_reported_before_anything_is_started(
    words: tuple[str, ...], problem: str, mimamori: CommandLine
) -> None:
    result = mimamori("simulate", "verify", *words)
    assert result.code != 0
    assert problem in result.err
