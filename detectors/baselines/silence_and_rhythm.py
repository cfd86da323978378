"""A resident's usual at home: how long silences last, and the rhythm of the days."""

from datetime import date, datetime, timedelta

from core.domain.metrics import POWER_W, TEMPERATURE_C
from core.domain.rhythm import NAME as RHYTHM_NAME
from core.domain.rhythm import VERSION as RHYTHM_VERSION
from core.domain.rhythm import Rhythm
from core.store.database import Connection
from core.store.telemetry import metric_series, occupancies, rule_windows
from detectors.baselines.exclusions import excluded_at_home
from detectors.baselines.store import BaselineModel, BaselineSubject
from detectors.features import daily_rhythm, silence_threshold
from detectors.features.daily_rhythm import LEARNED_DAYS, TrainingData
from detectors.features.local_time import midnight
from detectors.features.silence_profile import LINE_DAYS
from detectors.features.silence_threshold import SilenceBaseline
from detectors.features.window import LifeSigns
from detectors.rules import inactivity
from detectors.windows.series import believed, merged, occupancy_series, power_series, room_series

# What comes up to this late still teaches, so that live and late data end in the same usual.
_SETTLED_BEFORE = timedelta(hours=2)


def _learn_silences(connection: Connection, subject: BaselineSubject, day: date) -> SilenceBaseline:
    until = _settled(subject, day)
    since = until - timedelta(days=LINE_DAYS + 1)
    excluded = excluded_at_home(connection, subject, since, until)
    return silence_threshold.learn(
        _signs(connection, subject, since, until), subject.zone, excluded=excluded, until=until
    )


def _learn_rhythm(connection: Connection, subject: BaselineSubject, day: date) -> Rhythm:
    until = _settled(subject, day)
    since = until - timedelta(days=LEARNED_DAYS + 1)
    metrics = (TEMPERATURE_C.name, POWER_W.name)
    rows = metric_series.series(connection, subject.home, subject.resident, metrics, since, until)
    training_data = TrainingData(
        _signs(connection, subject, since, until),
        power_series(rows),
        room_series(rows),
        excluded_at_home(connection, subject, since, until),
        until.timestamp(),
        occupancy_series(occupancies.changes(connection, subject.home, subject.resident, since, until)),
    )
    return daily_rhythm.learn(training_data, subject.zone)


def _settled(subject: BaselineSubject, day: date) -> datetime:
    return midnight(subject.zone, day) - _SETTLED_BEFORE


def _signs(connection: Connection, subject: BaselineSubject, since: datetime, until: datetime) -> LifeSigns:
    rows = rule_windows.life_signs(connection, subject.home, subject.resident, since, until)
    return merged(believed(rows, until.timestamp()))


SILENCES = BaselineModel(inactivity.NAME, inactivity.VERSION, SilenceBaseline.from_json, _learn_silences)
RHYTHM = BaselineModel(RHYTHM_NAME, RHYTHM_VERSION, Rhythm.from_json, _learn_rhythm)
