"""The usual places of a resident: learned from where they were in the 60 days before a day."""

from datetime import date, timedelta
from functools import partial

import numpy as np

from core.store.database import Connection
from core.store.telemetry import tracker_history
from core.store.telemetry.tracker_history import VisitSearch
from detectors.baselines.exclusions import excluded_outside
from detectors.baselines.store import BaselineModel, BaselineSubject
from detectors.features import significant_places
from detectors.features.local_time import midnight
from detectors.features.path_shape import WORST_ACCURACY_M
from detectors.features.significant_places import CELL_DEG, DAYS, Places, Visits, learn_places

NAME = "usual_places"


def model(*, is_lead: bool) -> BaselineModel[Places]:
    """Return what is to be learned; `is_lead` says whether trackers that are nobody's own count."""
    return BaselineModel(NAME, significant_places.VERSION, Places.from_json, partial(_learn, is_lead=is_lead))


def _learn(connection: Connection, subject: BaselineSubject, day: date, *, is_lead: bool) -> Places:
    until = midnight(subject.zone, day)
    since = until - timedelta(days=DAYS)
    excluded = excluded_outside(connection, subject, since, until)
    search = VisitSearch(subject.home, subject.zone, since, until, excluded, WORST_ACCURACY_M, CELL_DEG)
    rows = tracker_history.visits(connection, subject.resident, search, is_lead=is_lead)
    columns = np.array(rows, np.int64).reshape(-1, 5)
    return learn_places(Visits(*(columns[:, number] for number in range(5))))
