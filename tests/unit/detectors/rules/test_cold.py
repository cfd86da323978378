"""Cold rooms: what is left out for speed changes no answer."""

from datetime import date, timedelta

import pytest

from core.domain.rhythm import Rhythm
from detectors.features import daily_rhythm
from detectors.features.daily_rhythm import TrainingData
from detectors.features.window import moment
from detectors.rules.cold import Cold
from tests.synthetic.home_person import FIRST, LEARN_DAYS, ZONE, make, whole_window


def always(*_given: object) -> bool:
    return True


def test_rooms_that_cannot_be_cold_are_evaluated_alike_without_their_levels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    until = moment(FIRST + LEARN_DAYS * 86400.0)
    for seed in range(3):
        window = whole_window(make(seed), until)
        known = daily_rhythm.learn(
            TrainingData(window.life_signs, window.power, window.rooms, (), until.timestamp()), ZONE
        )

        def usual(_day: date, known: Rhythm = known) -> Rhythm:
            return known

        spans = [(until + timedelta(days=day), until + timedelta(days=day + 1)) for day in range(0, 30, 3)]
        short = [Cold(usual).evaluate(window, *span) for span in spans]
        with monkeypatch.context() as patched:
            patched.setattr(Cold, "_may_be_cold", always)
            assert short == [Cold(usual).evaluate(window, *span) for span in spans]
