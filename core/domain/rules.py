"""The registry of rules: one row each. How a rule is computed stands in `detectors`, what else is asked about it derives from its row."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from core.domain import reasons
from core.domain.alert import Alert, Severity, SubjectKind
from core.domain.device import DeviceKind
from core.domain.reason_card import ReasonCard, read
from core.domain.rule_spec import Audience, BaselineKind, Ends, Family, Need, RuleSpec

_EMERGENCY, _SOON, _EYE, _EQUIPMENT = Severity
_RESIDENT = SubjectKind.RESIDENT
_HOME, _PLACES = BaselineKind.HOME, BaselineKind.PLACES

_CALL_ALWAYS = "every call for help is raised, whatever is set; those that came are in the list of alerts"
_NOT_KEPT = "it goes by each device's last contact, of which only the newest is kept; what it raised is in the list of alerts"
_WARD_WIDE = "it is about the whole ward or a neighbourhood, not about one resident"
_CALL_TESTS = "the simulated homes have no such detector; `tests/scenarios/test_calls.py` sends its calls"

_about_resident = partial(RuleSpec, subject=_RESIDENT, audience=Audience.FAMILY_FIRST)
_about_device = partial(
    RuleSpec,
    subject=SubjectKind.DEVICE,
    lowest=_EQUIPMENT,
    highest=_EQUIPMENT,
    audience=Audience.STAFF,
    family=Family.EQUIPMENT,
)
_about_ward = partial(
    RuleSpec,
    version=1,
    subject=SubjectKind.WARD,
    audience=Audience.STAFF,
    family=Family.COVERAGE,
    not_in_backtest=_WARD_WIDE,
)
_call = partial(
    RuleSpec,
    version=2,
    subject=_RESIDENT,
    lowest=_EMERGENCY,
    highest=_EMERGENCY,
    audience=Audience.FAMILY_FIRST,
    family=Family.EMERGENCY,
    reason=reasons.CallReason,
    clears="never by itself: a person closes it",
    ends=Ends.PERSON,
    not_in_backtest=_CALL_ALWAYS,
    no_scenario=_CALL_TESTS,
)

# fmt: off
# In the order in which they are offered to be tried on the past, and documented.
INACTIVITY = _about_resident(
    name="inactivity", version=7, lowest=_SOON, highest=_SOON, family=Family.ACTIVITY,
    finds="no sign of life at home for longer than is usual for this resident at this time of day",
    raised="when the silence is longer than the longest usual one by a margin, which the sensitivity of the resident moves and a restless past widens; after the door, than the longest outing that began at about this time; again after as long, if people close it and nobody moves. A resident who agreed to it is asked whether all is well half an hour before",
    clears="with the next confirmed sign of life",
    sensors="sensors that show activity: motion, doors, a bed, buttons; what is usual is learned over four weeks",
    excludes_from=frozenset({_HOME}), reason=reasons.InactivityReason, todo="todo_call",
)
QUIET_TOO_LONG = _about_resident(
    name="quiet_too_long", version=1, lowest=_SOON, highest=_SOON, family=Family.ACTIVITY,
    finds="a room, a device or the whole home has given no sign of life for as long as somebody set for this resident, in the hours that they set; nothing is learned for it, and it knows of no outing without a tracker",
    raised="when so long has passed since the last sign there, or since the hours began; once in each day's hours, and again after a sign",
    clears="with the next sign there, when a planned absence begins, or a day after the hours began",
    sensors="a limit set on the resident's page, and a sensor where it looks",
    needs=frozenset({Need.QUIET_LIMIT}), excludes_from=frozenset({_HOME}), reason=reasons.QuietTooLongReason, todo="todo_call",
    no_scenario="the simulated residents have no limits set; `tests/property/test_quiet_too_long.py` and `tests/integration/detectors/test_quiet_limits.py` set some",
)
LATE_MORNING = RuleSpec(
    name="late_morning", version=3, subject=_RESIDENT, lowest=_EYE, highest=_EYE, audience=Audience.STAFF, family=Family.ACTIVITY,
    finds="nobody has got up although it is later than usual for this resident",
    raised="an hour, or three times the usual spread, after the usual time of getting up, and after all but one of the last 28 mornings; not beside an open `inactivity` about the same silence",
    clears="with the first confirmed sign of life, with the day, or when a planned absence begins",
    sensors="sensors that show activity; at least 14 known mornings",
    excludes_from=frozenset({_HOME}), reason=reasons.LateMorningReason, todo="todo_call",
)
RESTLESS_NIGHT = RuleSpec(
    name="restless_night", version=2, subject=_RESIDENT, lowest=_EYE, highest=_EYE, audience=Audience.STAFF, family=Family.ACTIVITY,
    finds="two of the last three nights had more visits to the bathroom, or exits from bed, than one night in a hundred has",
    raised="at six in the morning after the second such night; restless nights that go on are raised once",
    clears="when the next night begins",
    sensors="a motion sensor in the bathroom, or a bed sensor; at least 14 known nights",
    reason=reasons.RestlessNightReason, todo="todo_habit",
)
BATHROOM_STAY = _about_resident(
    name="bathroom_stay", version=3, lowest=_SOON, highest=_SOON, family=Family.ACTIVITY,
    finds="somebody went into the bathroom or toilet and was not seen anywhere else since; it does not know of a fall",
    raised="after more than twice the longest stay of the last four weeks, by day and by night apart; not beside an open `inactivity` or `stillness` about the same stay",
    clears="with the next sign of life anywhere else",
    sensors="a motion sensor in the bathroom or toilet and sensors in other rooms; at least 30 stays on 21 days",
    excludes_from=frozenset({_HOME}), reason=reasons.BathroomStayReason, todo="todo_call",
)
STILLNESS = _about_resident(
    name="stillness", version=1, lowest=_SOON, highest=_SOON, family=Family.ACTIVITY,
    finds="a sensor that sees who sits or lies still (a radar, a mat) says that somebody is there, where this resident never stays still for so long, and nobody in the home has acted since",
    raised="after one and a half times the longest such stretch of the last four weeks and ten minutes, and 20 minutes at least; never in bed, or where that would be two hours or more: what is usual there is `inactivity`'s. It puts no other alert off",
    clears="with the next confirmed sign of life; not when the sensor sees nobody any more, for who lies on the floor is lost by some",
    sensors="a radar, a mat or another sensor that reports presence, each zone by itself, in contact for 14 days on which somebody was there",
    excludes_from=frozenset({_HOME}), reason=reasons.StillnessReason, todo="todo_call",
)
APPLIANCE_UNUSED = RuleSpec(
    name="appliance_unused", version=1, subject=_RESIDENT, lowest=_EYE, highest=_EYE, audience=Audience.STAFF, family=Family.ACTIVITY,
    finds="an appliance of every day has not been used although somebody is up",
    raised="an hour, or three times the usual spread, after its usual first use",
    clears="when it is used, or with the day",
    sensors="a smart plug on an appliance used on nine days of ten, and sensors that show activity",
    no_scenario="no incident of the simulator changes what people eat; `tests/scenarios/test_home_life.py` measures it on made-up homes",
    reason=reasons.ApplianceUnusedReason, todo="todo_habit",
)
APPLIANCE_LEFT_ON = _about_resident(
    name="appliance_left_on", version=1, lowest=_SOON, highest=_SOON, family=Family.ACTIVITY,
    finds="an appliance runs longer than nearly all of its own uses",
    raised="20 minutes beyond these, and after half an hour at least",
    clears="when its power goes down, or after six hours without a word of the plug",
    sensors="a smart plug that reports the power; at least 20 known uses",
    excludes_from=frozenset({_HOME}), reason=reasons.ApplianceLeftOnReason, todo="todo_appliance",
)
HEAT = _about_resident(
    name="heat", version=1, lowest=_EYE, highest=_SOON, family=Family.CLIMATE,
    finds="the hottest room of somebody at home is dangerously hot, by the wet bulb globe temperature (WBGT)",
    raised="keep an eye: 30 minutes of severe heat (60 at night), or danger forecast within 90 minutes; check soon: 15 minutes of danger",
    clears="half a degree below severe heat",
    sensors="a sensor of temperature and humidity",
    ends=Ends.CLOCK, reason=reasons.HeatReason, todo="todo_heat",
)
COLD = _about_resident(
    name="cold", version=1, lowest=_EYE, highest=_SOON, family=Family.CLIMATE,
    finds="a room of somebody at home is cold, or much colder than usual at this hour",
    raised="keep an eye: a living room below 12 degrees for two hours, or any room 6 below its usual for one; check soon: below 8 for one hour",
    clears="half a degree above these limits",
    sensors="a thermometer; for the comparison with the usual, 14 days of it",
    ends=Ends.CLOCK, reason=reasons.ColdReason, todo="todo_cold",
)
NOT_RETURNED = _about_resident(
    name="not_returned", version=1, lowest=_SOON, highest=_SOON, family=Family.OUTDOORS,
    finds="a resident whose tracker says that they are away stays away longer than usual, or late into the night",
    raised="two hours beyond the longest outing of such a day, at 23:00 for those who are never out then, after twelve hours where fewer than five outings are known",
    clears="with two positions near home, or a sign of life at home",
    sensors="a tracker; the position of the home",
    shows_location=True, search_from_last_fix=True, excludes_from=frozenset({_HOME, _PLACES}), reason=reasons.NotReturnedReason, todo="todo_lost",
)
NIGHT_EXIT = _about_resident(
    name="night_exit", version=2, lowest=_SOON, highest=_SOON, family=Family.OUTDOORS,
    finds="the entrance door was used late at night and no life sign has come from inside since",
    raised="ten minutes after the door, between 23:00 and 5:00; where that is usual (four of 28 nights), ten minutes beyond the usual, and after two hours at most",
    clears="with the next sign of life at home",
    sensors="a door sensor and sensors inside; it must have been agreed on for this resident",
    needs=frozenset({Need.NIGHT_EXIT_AGREED}), shows_location=True, search_from_last_fix=True, reason=reasons.NightExitReason, todo="todo_lost",
)
ABSENCE_NOT_TAKEN = RuleSpec(
    name="absence_not_taken", version=1, subject=_RESIDENT, lowest=_EYE, highest=_SOON, audience=Audience.STAFF, family=Family.ACTIVITY,
    finds="a planned absence does not take place: nobody left for the day service, or somebody moves about at home during a journey",
    raised="day service (check soon, so the family too): 45 minutes after its time; other absences (keep an eye): signs of life in three different half hours of six hours",
    clears="when they leave, after half a day without signs of life, or with the planned end",
    sensors="a planned absence; a door sensor and sensors inside",
    reason=reasons.AbsenceNotTakenReason, todo="todo_plan",
)
GEOFENCE_EXIT = RuleSpec(
    name="geofence_exit", version=4, subject=SubjectKind.GEOFENCE, lowest=_SOON, highest=_SOON, audience=Audience.FAMILY_FIRST, family=Family.OUTDOORS,
    finds="the resident is outside an area although they are expected inside at this hour",
    raised="at the first clear position to which somebody moved steadily onward, else when several, each weighed by its accuracy, say so; one wild position never does",
    clears="when positions say that they are back inside, or the hours of the area end",
    sensors="a tracker and an area with its hours",
    shows_location=True, search_from_last_fix=True, excludes_from=frozenset({_PLACES}), reason=reasons.GeofenceExitReason, todo="todo_lost",
)
WANDERING = _about_resident(
    name="wandering", version=2, lowest=_SOON, highest=_EMERGENCY, family=Family.OUTDOORS,
    finds="the resident walks to and fro or round and round, or is on foot far from every usual place at an unusual hour",
    raised="after 600 m in 30 minutes or 1,000 m in 50, at an even pace, that led nowhere; after 15 minutes on foot more than 300 m from every usual place",
    clears="when they are back where they usually stay, or get somewhere again in places that they know",
    sensors="a tracker; usual places are learned from at least 14 days",
    needs=frozenset({Need.TRACKER}), shows_location=True, search_from_last_fix=True, excludes_from=frozenset({_PLACES}), reason=reasons.WanderingReason, todo="todo_lost",
)
LEFT_BEHIND = _about_resident(
    name="left_behind", version=1, lowest=_EYE, highest=_EYE, family=Family.OUTDOORS,
    finds="the door was used, the home is quiet, and the tracker lies still where it lay: perhaps they went out without it",
    raised="an hour after the door",
    clears="with the next sign of life at home, or when the tracker moves",
    sensors="a tracker that sends at least three positions in that hour, and a door sensor",
    needs=frozenset({Need.TRACKER, Need.DOOR}), reason=reasons.LeftBehindReason, todo="todo_tracker",
)
DECLINE = RuleSpec(
    name="decline", version=3, subject=_RESIDENT, lowest=_EYE, highest=_EYE, audience=Audience.STAFF, family=Family.TREND,
    finds="the days of the last week or so had fewer signs of life, fewer outings or more waking at night than those of the two months before",
    raised="at the daily check, when one of these counts has clearly drifted; it says nothing about the cause",
    clears="when all counts are as before, or the new days have become the usual",
    sensors="sensors that show activity; at least 28 days to compare with",
    ends=Ends.CLOCK, reason=reasons.DeclineReason, todo="todo_habit",
)
DEVICE_STUCK = _about_device(
    name="device_stuck", version=2,
    finds="a sensor is in contact but reports as no person makes it report: it chatters, stays in one state, is frozen at one value, or says nothing any more",
    raised="at one of four checks a day, against the device's own ten days before",
    clears="when the device reports something else",
    sensors="at least three days of readings of the device",
    ends=Ends.CLOCK, at_once=frozenset(), reason=reasons.DeviceStuckReason, todo="todo_stuck",
)
BATTERY = _about_device(
    name="battery", version=1,
    finds="a battery will soon be empty, at the pace of the last 30 days, or says so itself",
    raised="at nine in the morning: empty in less than two weeks, at 10 percent, or reported low; a device charged every day: below 20 percent",
    clears="when the battery was changed or charged",
    sensors="a device that reports its charge, or that it is low",
    ends=Ends.CLOCK, is_ordinary=True, at_once=frozenset({DeviceKind.BUTTON}), reason=reasons.BatteryReason, todo="todo_battery",
)
HOME_SILENT = RuleSpec(
    name="home_silent", version=1, subject=SubjectKind.HOME, lowest=_SOON, highest=_SOON, audience=Audience.FAMILY_FIRST, family=Family.COVERAGE,
    finds="the gateway of a home, or all its devices, are out of contact: how the residents are is unknown",
    raised="after three missed heartbeats, and ten minutes at least, or at once when the gateway says that it is offline; not while the ward or the neighbourhood is silent",
    clears="when the home is in contact again",
    sensors="devices that send a heartbeat or report whether they are online",
    not_in_backtest=_NOT_KEPT, reason=reasons.HomeSilentReason, todo="todo_blind",
)
DEVICE_SILENT = _about_device(
    name="device_silent", version=1,
    finds="a device is out of contact although its home is in contact",
    raised="after three missed heartbeats, and ten minutes at least, or at once when it says that it is offline",
    clears="when it is in contact again",
    sensors="a device that sends a heartbeat or reports whether it is online",
    ends=Ends.CLOCK, at_once=frozenset({DeviceKind.BUTTON, DeviceKind.TRACKER, DeviceKind.OTHER}), not_in_backtest=_NOT_KEPT,
    reason=reasons.DeviceSilentReason, todo="todo_equipment",
)
AREA_SILENT = RuleSpec(
    name="area_silent", version=1, subject=SubjectKind.AREA, lowest=_SOON, highest=_SOON, audience=Audience.STAFF, family=Family.COVERAGE,
    finds="several homes of a neighbourhood fell silent together, as in a power cut",
    raised="before the first of them would be raised by itself; one alert in place of many",
    clears="when the homes are in contact again",
    sensors="at least three homes of a neighbourhood whose devices send heartbeats",
    not_in_backtest=_WARD_WIDE, reason=reasons.AreaSilentReason, todo="todo_area",
)
WARD_SILENT = _about_ward(
    name="ward_silent", lowest=_SOON, highest=_SOON,
    finds="nothing arrives from any home, or the broker or ingest is down: how anybody is is unknown",
    raised="20 homes or more: after 15 minutes by day and 60 at night; 10 or more: after 30 and 120; broker or ingest away: after 5",
    clears="when the ward is in contact again",
    sensors="at least ten homes that were active in the last day",
    reason=reasons.WardSilentReason, todo="todo_ward",
)
CANARY_SILENT = _about_ward(
    name="canary_silent", lowest=_EQUIPMENT, highest=_EQUIPMENT,
    finds="messages of the canary, a program that sends for all others, do not arrive",
    raised="after two missed messages, and five minutes at least; not while the whole ward is silent",
    clears="when its messages arrive again",
    sensors="`mimamori canary` running on another machine",
    no_scenario="no simulated ward has a canary; an integration test flies one", reason=reasons.OutOfContactReason, todo="todo_canary",
)
STRAY_SOS = _about_ward(
    name="stray_sos", version=2, lowest=_SOON, highest=_EMERGENCY, ends=Ends.PERSON,
    finds="a device that is registered for nobody called for help, or reported a fall, smoke, gas, carbon monoxide or water",
    raised="at once, water alone as check soon; while the alert is open, further calls are notified at most every two minutes, but an emergency after mere water at once. Repeats of a detector are one call until it says that it is over, or 30 minutes after a person closed the alert",
    clears="never by itself: a person closes it",
    sensors="a button or detector whose messages reach the broker",
    no_scenario="every simulated device is registered; an integration test sends from others", reason=reasons.UnassignedSosReason, todo="todo_unassigned",
)
UNCLEAR_CALL = _about_ward(
    name="unclear_call", lowest=_SOON, highest=_SOON,
    finds="a device, registered or not, says something that looks like a call for help, a hazard or an alarm, and its value is not understood",
    raised="at once, once for each device and field; while the alert is open, further ones are notified at most every ten minutes, and once a day where 200 wait",
    clears="when the messages that wait are understood, by a profile and `mimamori quarantine release`; or when the field was not said for 30 days",
    sensors="a device whose messages reach the broker",
    no_scenario="every value of a simulated device is understood; an end-to-end test sends others", reason=reasons.UnclearCallReason, todo="todo_unclear",
)
HELP_ASKED = _call(
    name="help_asked", version=1, finds="somebody pressed “I need help” in the message in which the resident was asked whether all is well",
    raised="at once, at every press: one that nobody has closed goes up anew",
    sensors="residents who are asked before anybody else is notified: LINE, SMS or mail of their own",
    no_scenario="no simulated resident has a telephone; an integration test presses", todo="todo_emergency",
)
SOS = _call(
    name="sos", finds="somebody pressed an emergency button",
    raised="at once, whatever its clock says; presses of one button within two minutes are one call",
    sensors="an emergency button", shows_location=True, no_scenario="", todo="todo_emergency",
)
FALL = _call(
    name="fall", finds="a fall detector reported a fall",
    raised="at once; a detector that repeats itself is one call until it says that it is over",
    sensors="a fall detector", shows_location=True, todo="todo_emergency",
)
SMOKE = _call(
    name="smoke", finds="a smoke alarm went off", raised="at once; repeats are one call until it says that it is over",
    sensors="a smoke alarm", todo="todo_fire",
)
GAS_LEAK = _call(
    name="gas_leak", finds="a gas alarm went off", raised="at once; repeats are one call until it says that it is over",
    sensors="a gas alarm", todo="todo_gas",
)
CARBON_MONOXIDE = _call(
    name="carbon_monoxide", finds="a carbon monoxide alarm went off", raised="at once; repeats are one call until it says that it is over",
    sensors="a carbon monoxide alarm", todo="todo_gas",
)
# Water on the floor concerns the next hour, not the next minute (our choice).
WATER_LEAK = _call(
    name="water_leak", lowest=_SOON, highest=_SOON,
    finds="a water alarm went off", raised="at once; repeats are one call until it says that it is over",
    sensors="a water alarm", todo="todo_call",
)
# fmt: on

RULES: Mapping[str, RuleSpec] = {
    one.name: one for one in tuple(globals().values()) if isinstance(one, RuleSpec)
}


# Where somebody is, and whether they move: alerts of these about one resident are mostly one walk, and notify people together.
WHEREABOUTS = frozenset(
    {GEOFENCE_EXIT.name, WANDERING.name, NOT_RETURNED.name, NIGHT_EXIT.name, INACTIVITY.name}
)
# What is no more urgent and comes this soon after the leading one of them belongs to the same walk; what comes later is another change (our choice).
JOINS_WITHIN = timedelta(hours=2)


def names_of(family: Family) -> frozenset[str]:
    """Return the names of the rules of a family."""
    return frozenset(one.name for one in RULES.values() if one.family is family)


def shows_location(rule: str) -> bool:
    """Return whether the urgent alerts of a rule are about where somebody is; a rule that nobody knows is not."""
    return rule in RULES and RULES[rule].shows_location


def is_searched_from_last_fix(rule: str) -> bool:
    """Return whether a rule says that somebody may have to be looked for."""
    return rule in RULES and RULES[rule].search_from_last_fix


def is_for_staff(rule: str) -> bool:
    """Return whether what a rule finds is the staff's, unless it is more urgent than "keep an eye"."""
    return rule in RULES and RULES[rule].audience is Audience.STAFF


def waits_for_digest(rule: str, reason: Mapping[str, object]) -> bool:
    """Return whether an alert is notified in the day's one message about equipment, not by itself."""
    at_once = RULES[rule].at_once if rule in RULES else None
    kind = reason.get("kind")
    return at_once is not None and bool(kind) and kind not in at_once


def names_ending(ends: Ends) -> frozenset[str]:
    """Return the names of the rules whose alerts end in one way."""
    return frozenset(one.name for one in RULES.values() if one.ends is ends)


def ends_by_person(rule: str) -> bool:
    """Return whether only a person may say that an alert is over."""
    return rule in RULES and RULES[rule].ends is Ends.PERSON


def last_movement(alert: Alert) -> datetime:
    """Return since when what an alert is about is so: of a silence the last sure movement, or from when on it is counted, of all else its beginning.

    A silence may be counted from later on, as after a planned absence or after people said that all is well.
    """
    card = read_reason(alert.rule, alert.reason)
    if isinstance(card, reasons.QuietTooLongReason):
        return card.nothing_since or alert.began_at
    sign = card.last_life_sign if isinstance(card, reasons.InactivityReason) else None
    return alert.began_at if sign is None or sign.time is None else sign.time


def has_uncertain_signs(card: ReasonCard | None) -> bool:
    """Return whether single signs came after the last sure movement, of which nobody knows whose they were."""
    uncertain = card.uncertain_signs if isinstance(card, reasons.InactivityReason) else None
    return uncertain is not None and uncertain.last is not None and uncertain.last.time is not None


def last_sure_movement(open_alerts: Iterable[Alert]) -> datetime | None:
    """Return the last sure movement of somebody after which only single signs came, as open alerts say it; None if none says so."""
    found = [
        one
        for one in open_alerts
        if one.cleared_at is None and has_uncertain_signs(read_reason(one.rule, one.reason))
    ]
    return min(map(last_movement, found), default=None)


def read_reason(rule: str, card: Mapping[str, object]) -> ReasonCard | None:
    """Return the reason card of an alert as its rule's Struct; None for a card, or of a rule, that nobody knows."""
    return read(card, RULES[rule].reason) if rule in RULES else None
