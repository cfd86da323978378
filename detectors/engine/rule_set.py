"""The rules by which a resident is judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from core.domain import rules
from core.domain.rhythm import Rhythm
from core.domain.rule_spec import Need
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


@dataclass(frozen=True)
class _Case:
    """What a rule about a resident is built from; `inactivity` is the alarm that others are not raised beside."""

    inactivity: Inactivity
    situation: RuleInputs
    view: HomeView
    rhythm_on: Callable[[date], Rhythm]
    places_on: Callable[[date], Places]


BUILDERS: Mapping[str, Callable[[_Case], Rule]] = {
    rules.INACTIVITY.name: lambda case: case.inactivity,
    rules.GEOFENCE_EXIT.name: lambda _: GeofenceExit(),
    rules.LATE_MORNING.name: lambda case: LateMorning(case.rhythm_on, case.inactivity),
    rules.RESTLESS_NIGHT.name: lambda case: RestlessNight(case.rhythm_on),
    rules.BATHROOM_STAY.name: lambda case: BathroomStay(case.rhythm_on, case.inactivity),
    rules.APPLIANCE_UNUSED.name: lambda case: ApplianceUnused(case.rhythm_on),
    rules.APPLIANCE_LEFT_ON.name: lambda case: ApplianceLeftOn(case.rhythm_on),
    rules.HEAT.name: lambda _: Heat(),
    rules.COLD.name: lambda case: Cold(case.rhythm_on),
    rules.NOT_RETURNED.name: lambda case: NotReturned(
        case.rhythm_on, has_tracker=case.view.has_tracker and case.situation.home is not None
    ),
    rules.ABSENCE_NOT_TAKEN.name: lambda case: AbsenceNotTaken(has_door=case.view.has_door),
    rules.WANDERING.name: lambda case: Wandering(case.places_on),
    rules.LEFT_BEHIND.name: lambda _: LeftBehind(),
    rules.NIGHT_EXIT.name: lambda _: NightExit(),
}
"""How each rule about a resident is built; the others have evaluators of their own in this package."""


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
    case = _Case(Inactivity(usual_on, sensitivity), situation, view, rhythm_on, places_on)
    found = {
        Need.TRACKER: view.has_tracker,
        Need.DOOR: view.has_door,
        Need.NIGHT_EXIT_AGREED: situation.tells_night_exit,
    }
    there = {need for need, is_there in found.items() if is_there}
    return [build(case) for name, build in BUILDERS.items() if rules.RULES[name].needs <= there]
