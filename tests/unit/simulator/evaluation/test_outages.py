"""Outages of the platform: those of TIHM are known, those of other recordings are found, and quiet nights are none."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.errors import InputError
from detectors.features.window import LifeSigns
from simulator.evaluation.command import app
from simulator.evaluation.homes import EvaluatedRecording
from simulator.evaluation.outages import TIHM_OUTAGES, Outages, find_outages, outages_of
from simulator.evaluation.protocol import DAY_S
from simulator.evaluation.synthetic import syn40
from tests.support.recorded import tihm_homes


def moved(recording: EvaluatedRecording, by_s: float) -> EvaluatedRecording:
    signs = recording.signs
    return EvaluatedRecording(
        recording.home, LifeSigns(signs.time + by_s, signs.kind, signs.place, signs.places)
    )


def without(recording: EvaluatedRecording, began: float, ended: float) -> EvaluatedRecording:
    signs = recording.signs
    kept = (signs.time <= began) | (signs.time >= ended)
    return EvaluatedRecording(
        recording.home, LifeSigns(signs.time[kept], signs.kind[kept], signs.place[kept], signs.places)
    )


@pytest.fixture(scope="module")
def tihm() -> list[EvaluatedRecording]:
    return [*tihm_homes()]


def test_the_outages_of_tihm_are_known_also_of_a_part_of_it(tihm: list[EvaluatedRecording]) -> None:
    for part in (tihm, tihm[::5], tihm[3:4]):
        assert outages_of(part) == Outages(TIHM_OUTAGES, "known")


def test_what_is_only_of_the_same_months_is_not_taken_for_tihm(tihm: list[EvaluatedRecording]) -> None:
    others = [
        moved(one, 30 * 3600.0) for one in tihm if one.signs.time[-1] < TIHM_OUTAGES[-1][1] + 12 * DAY_S
    ]
    found = outages_of(others)
    assert found.origin == "found"
    assert all(began not in {a for a, _ in TIHM_OUTAGES} for began, _ in found.spans)


def test_the_outages_that_several_homes_saw_are_found_in_the_data(tihm: list[EvaluatedRecording]) -> None:
    found = find_outages(tihm)
    # The first of the known ones was seen by a single home.
    for (began, ended), (known_began, known_ended) in zip(found, TIHM_OUTAGES[1:], strict=True):
        assert known_began - 1800 < began <= known_began + 60
        assert abs(ended - known_ended) <= 60


def test_quiet_nights_of_made_up_homes_are_no_outage() -> None:
    homes = syn40(20, 60)
    for number in (1, 2, 3, 6, 20):
        assert find_outages(homes[:number]) == ()


def test_an_afternoon_without_any_home_is_an_outage_for_a_dozen_homes() -> None:
    homes = syn40(12, 45)
    began = float(np.min([one.signs.time[0] for one in homes])) // DAY_S * DAY_S + 30 * DAY_S + 14 * 3600
    silent = [without(one, began, began + 2 * 3600) for one in homes]
    ((found_began, found_ended),) = find_outages(silent)
    assert began - 900 < found_began <= began
    assert began + 7200 <= found_ended < began + 8100
    # One home alone may have been out.
    assert find_outages(silent[:1]) == ()


def test_what_somebody_gave_is_used_as_it_is(tihm: list[EvaluatedRecording]) -> None:
    assert outages_of(tihm, ((1.0, 2.0),)) == Outages(((1.0, 2.0),), "given")


def test_the_command_says_what_it_did_with_a_file(tmp_path: Path) -> None:
    homes = syn40(4, 46)
    began = float(homes[0].signs.time[0]) // DAY_S * DAY_S + 35 * DAY_S
    rows = ["home,time,place"]
    for one in (
        *(without(one, began, began + 1.5 * DAY_S) for one in homes),
        EvaluatedRecording("new", _first_days(homes[0])),
    ):
        for time, place in zip(one.signs.time.tolist(), one.signs.place.tolist(), strict=True):
            rows.append(f"{one.home},{np.datetime64(int(time), 's')}Z,{one.signs.places[place]}")
    path = tmp_path / "homes.csv"
    path.write_text("\n".join([*rows, "syn00,whenever,hall", rows[-1]]), encoding="utf-8")
    arguments = [str(path), "--out", str(tmp_path), "--no-baselines"]
    refused = CliRunner().invoke(app, arguments)
    assert isinstance(refused.exception, InputError)
    assert f"line {len(rows) + 1}, column time: 'whenever' is no time" in str(refused.exception)
    done = CliRunner().invoke(app, [*arguments, "--skip-bad"])
    assert done.exit_code == 0, done.output
    for words in (
        "1 lines cannot be used and were left out",
        "1 lines say again what others say",
        "only the rules about life at home judge them: new",
        "(found: all homes were silent, which chance does not explain)",
        "times are in UTC",
    ):
        assert words in done.output
    reported = (tmp_path / "evaluation.json").read_text(encoding="utf-8")
    assert '"origin": "found"' in reported
    assert "2024-02-04 22:46 to 2024-02-06 12:19" in reported


def _first_days(recording: EvaluatedRecording) -> LifeSigns:
    signs = recording.signs
    kept = signs.time < signs.time[0] + 10 * DAY_S
    return LifeSigns(signs.time[kept], signs.kind[kept], signs.place[kept], signs.places)
