"""The rules by which a resident is evaluated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from core.domain import rules
from core.domain.rhythm import Rhythm
from core.domain.rule_spec import Need
from core.store.telemetry.metric_series import RuleInputs
from detectors.features.significant_places import Places
from detectors.features.silence_threshold import Sensitivity, SilenceBaseline
from detectors.rules.absence_not_taken import AbsenceNotTaken
from detectors.rules.appliance import ApplianceLeftOn, ApplianceUnused
from detectors.rules.base import Rule
from detectors.rules.bathroom_stay import BathroomStay
from detectors.rules.cold import Cold
from detectors.rules.geofence_exit import GeofenceExit
from detectors.rules.heat import Heat
from detectors.rules.inactivity import Inactivity
from detectors.rules.late_morning import LateMorning
from detectors.rules.left_behind import LeftBehind
from detectors.rules.night_exit import NightExit
from detectors.rules.not_returned import NotReturned
from detectors.rules.quiet_too_long import QuietTooLong
from detectors.rules.restless_night import RestlessNight
from detectors.rules.stillness import UnusualStillness
from detectors.rules.wandering import Wandering
from detectors.windows.loader import HomeView


@dataclass(frozen=True)
class _RuleContext:
    """What a rule about a resident is built from; `inactivity` is the alarm that others are not raised beside."""

    inactivity: Inactivity
    situation: RuleInputs
    view: HomeView
    rhythm_on: Callable[[date], Rhythm]
    places_on: Callable[[date], Places]


BUILDERS: Mapping[str, Callable[[_RuleContext], Rule]] = {
    rules.INACTIVITY.name: lambda context: context.inactivity,
    rules.GEOFENCE_EXIT.name: lambda _: GeofenceExit(),
    rules.LATE_MORNING.name: lambda context: LateMorning(context.rhythm_on, context.inactivity),
    rules.RESTLESS_NIGHT.name: lambda context: RestlessNight(context.rhythm_on),
    rules.BATHROOM_STAY.name: lambda context: BathroomStay(
        context.rhythm_on, context.inactivity, UnusualStillness(context.rhythm_on, context.inactivity)
    ),
    rules.STILLNESS.name: lambda context: UnusualStillness(context.rhythm_on, context.inactivity),
    rules.APPLIANCE_UNUSED.name: lambda context: ApplianceUnused(context.rhythm_on),
    rules.APPLIANCE_LEFT_ON.name: lambda context: ApplianceLeftOn(context.rhythm_on),
    rules.HEAT.name: lambda _: Heat(),
    rules.COLD.name: lambda context: Cold(context.rhythm_on),
    rules.NOT_RETURNED.name: lambda context: NotReturned(
        context.rhythm_on, has_tracker=context.view.has_tracker and context.situation.home is not None
    ),
    rules.ABSENCE_NOT_TAKEN.name: lambda context: AbsenceNotTaken(has_door=context.view.has_door),
    rules.WANDERING.name: lambda context: Wandering(context.places_on),
    rules.LEFT_BEHIND.name: lambda _: LeftBehind(),
    rules.NIGHT_EXIT.name: lambda context: NightExit(context.rhythm_on),
    rules.QUIET_TOO_LONG.name: lambda context: QuietTooLong(context.situation.quiet_limits),
}
"""How each rule about a resident is built; the others have evaluators of their own in this package."""


def rules_of(
    sensitivity: Sensitivity,
    situation: RuleInputs,
    view: HomeView,
    *,
    baseline_on: Callable[[date], SilenceBaseline],
    rhythm_on: Callable[[date], Rhythm],
    places_on: Callable[[date], Places],
) -> list[Rule]:
    """Return the rules that are asked about a resident; which depends on the equipment and on what was agreed."""
    context = _RuleContext(Inactivity(baseline_on, sensitivity), situation, view, rhythm_on, places_on)
    found = {
        Need.TRACKER: view.has_tracker,
        Need.DOOR: view.has_door,
        Need.NIGHT_EXIT_AGREED: situation.alert_on_night_exit,
        Need.QUIET_LIMIT: bool(situation.quiet_limits),
    }
    there = {need for need, is_there in found.items() if is_there}
    return [build(context) for name, build in BUILDERS.items() if rules.RULES[name].needs <= there]
