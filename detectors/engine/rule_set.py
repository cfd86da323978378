"""The rules by which a resident is judged."""

from collections.abc import Callable
from datetime import date

from core.domain.rhythm import Rhythm
from core.store.telemetry.metric_series import RuleInputs
from detectors.features.significant_places import Places
from detectors.features.silence_threshold import Sensitivity, SilenceBaseline
from detectors.features.window import Rule
from detectors.rules.absence_not_taken import AbsenceNotTaken
from detectors.rules.appliance import ApplianceLeftOn, ApplianceUnused
from detectors.rules.bathroom_stay import BathroomStay
from detectors.rules.cold import Cold
from detectors.rules.geofence_exit import GeofenceExit
from detectors.rules.heat import Heat
from detectors.rules.inactivity import Inactivity
from detectors.rules.late_morning import LateMorning
from detectors.rules.left_behind import LeftBehind
from detectors.rules.night_exit import NightExit
from detectors.rules.not_returned import NotReturned
from detectors.rules.restless_night import RestlessNight
from detectors.rules.wandering import Wandering
from detectors.windows.loader import HomeView


def rules_of(
    sensitivity: Sensitivity,
    situation: RuleInputs,
    view: HomeView,
    *,
    usual_on: Callable[[date], SilenceBaseline],
    rhythm_on: Callable[[date], Rhythm],
    places_on: Callable[[date], Places],
) -> list[Rule]:
    """Return the rules that are asked about a resident; which depends on the equipment and on what was agreed."""
    inactivity = Inactivity(usual_on, sensitivity)
    rules: list[Rule] = [
        inactivity,
        GeofenceExit(),
        LateMorning(rhythm_on, inactivity),
        RestlessNight(rhythm_on),
        BathroomStay(rhythm_on, inactivity),
        ApplianceUnused(rhythm_on),
        ApplianceLeftOn(rhythm_on),
        Heat(),
        Cold(rhythm_on),
        NotReturned(rhythm_on, has_tracker=view.has_tracker and situation.home is not None),
        AbsenceNotTaken(has_door=view.has_door),
    ]
    if view.has_tracker:
        rules.append(Wandering(places_on))
    if view.has_tracker and view.has_door:
        rules.append(LeftBehind())
    if situation.tells_night_exit:
        rules.append(NightExit())
    return rules
