"""The reason card of each rule as a Struct. Cards of several versions are stored, so every part may be missing when one is read."""

from datetime import datetime

from msgspec import Struct

from core.domain.reason_card import FromPlace, Moment, Place, PlaceFix, ReasonCard


class UncertainSign(Struct, frozen=True, kw_only=True):
    """A sign of life that nothing confirmed: when, and in which room."""

    time: Moment | None = None
    place: str = ""


class LifeSign(UncertainSign, frozen=True, kw_only=True):
    """A sign of life: when, of which kind, and in which room."""

    kind: str = ""


class UncertainSigns(Struct, frozen=True, kw_only=True):
    """Signs of life that nothing confirmed."""

    count: int | None = None
    last: UncertainSign | None = None
    counted_since: Moment | None = None


class UsualSilence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long silences usually last at this time, and from how many days that is known."""

    days: int | None = None
    longest_min: int | None = None


class RoomReason(ReasonCard, frozen=True, kw_only=True):
    """Card that names a room, or another place in the home."""

    place: str = ""


class InactivityReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `inactivity`."""

    last_life_sign: LifeSign | None = None
    uncertain_signs: UncertainSigns | None = None
    silent_min: int | None = None
    listening_since: Moment | None = None
    said_safe_at: Moment | None = None
    answered_at: Moment | None = None
    usual: UsualSilence | None = None
    context: str = ""
    sensitivity: str = ""


class QuietTooLongReason(RoomReason, frozen=True, kw_only=True):
    """Card of `quiet_too_long`; without `place` it is about the whole home, with `device` about that one there, of a `kind`."""

    limit: int | None = None
    device: int | None = None
    kind: str = ""
    quiet_min: int | None = None
    hours_start: str = ""
    hours_end: str = ""
    nothing_since: Moment | None = None
    since_hours_began: bool = False


class UsualMorning(Struct, frozen=True, kw_only=True):
    """When somebody usually gets up, in minutes after midnight."""

    days: int | None = None
    up_at_min: int | None = None
    up_by_min: int | None = None
    late_after_min: int | None = None


class LateMorningReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `late_morning`."""

    nothing_since: Moment | None = None
    usual: UsualMorning | None = None


class UsualNight(Struct, frozen=True, kw_only=True):
    """How many visits a night usually has."""

    days: int | None = None
    visits: float | None = None


class RestlessNightReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `restless_night`."""

    visits: int | None = None
    nights_before: tuple[int | None, ...] = ()
    chance: float | None = None
    usual: UsualNight | None = None


class UsualStay(Struct, frozen=True, kw_only=True):
    """How long stays in the bathroom usually last."""

    visits: int | None = None
    longest_min: int | None = None
    limit_min: int | None = None


class BathroomStayReason(RoomReason, frozen=True, kw_only=True):
    """Card of `bathroom_stay`."""

    stay_min: int | None = None
    usual: UsualStay | None = None


class UsualStillness(Struct, frozen=True, kw_only=True):
    """How long somebody was seen in a place without acting, at most, and on how many days they were seen there."""

    days: int | None = None
    longest_min: int | None = None
    limit_min: int | None = None


class StillnessReason(RoomReason, frozen=True, kw_only=True):
    """Card of `stillness`."""

    still_min: int | None = None
    usual: UsualStillness | None = None


class UsualUse(Struct, frozen=True, kw_only=True):
    """When an appliance is usually first used, in minutes after midnight."""

    days: int | None = None
    first_at_min: int | None = None
    late_after_min: int | None = None


class ApplianceUnusedReason(RoomReason, frozen=True, kw_only=True):
    """Card of `appliance_unused`."""

    usual: UsualUse | None = None


class UsualRun(Struct, frozen=True, kw_only=True):
    """How long nearly all uses of an appliance last."""

    uses: int | None = None
    high_min: int | None = None


class ApplianceLeftOnReason(RoomReason, frozen=True, kw_only=True):
    """Card of `appliance_left_on`."""

    on_min: int | None = None
    usual: UsualRun | None = None


class HeatReason(RoomReason, frozen=True, kw_only=True):
    """Card of `heat`."""

    cause: str = ""
    temperature_c: float | None = None
    humidity_pct: float | None = None
    wbgt_c: float | None = None
    lasted_min: int | None = None


class UsualRoom(Struct, frozen=True, kw_only=True):
    """How warm a room usually is at this hour."""

    temperature_c: float | None = None


class ColdReason(RoomReason, frozen=True, kw_only=True):
    """Card of `cold`."""

    cause: str = ""
    temperature_c: float | None = None
    usual: UsualRoom | None = None
    lasted_min: int | None = None


class UsualOuting(Struct, frozen=True, kw_only=True):
    """How long outings usually last."""

    outings: int | None = None
    longest_min: int | None = None


class NotReturnedReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `not_returned`."""

    cause: str = ""
    left_at: Moment | None = None
    away_min: int | None = None
    usual: UsualOuting | None = None


class NightExitReason(RoomReason, frozen=True, kw_only=True):
    """Card of `night_exit`."""

    door_at: Moment | None = None
    quiet_min: int | None = None


class PlannedSpan(Struct, frozen=True, kw_only=True, rename={"since": "from"}):
    """When an absence was planned."""

    since: Moment | None = None
    until: Moment | None = None


class AbsenceNotTakenReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `absence_not_taken`."""

    kind: str = ""
    cause: str = ""
    planned: PlannedSpan | None = None


class GeofenceName(Struct, frozen=True, kw_only=True):
    """Which area."""

    number: int | None = None
    name: str = ""


class GeofenceExitReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `geofence_exit`."""

    geofence: GeofenceName | None = None
    resident: int | None = None
    position: PlaceFix | None = None
    outside_m: FromPlace | None = None
    was_outside_when_hours_began: bool = False


class UsualPlaces(Struct, frozen=True, kw_only=True):
    """From how many days the usual places are known."""

    days: int | None = None


class SearchFrom(Struct, frozen=True, kw_only=True):
    """Where to look first, and how far from there."""

    position: Place | None = None
    half_within_m: float | None = None
    most_within_m: float | None = None
    walks_m_s: float | None = None


class WanderingReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `wandering`."""

    pattern: str = ""
    walked_m: float | None = None
    within_m: float | None = None
    unfamiliar_pct: float | None = None
    usual: UsualPlaces | None = None
    position: PlaceFix | None = None
    search: SearchFrom | None = None


class LeftBehindReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `left_behind`."""

    door_at: Moment | None = None
    quiet_min: int | None = None
    still_fixes: int | None = None


class UsualCount(Struct, frozen=True, kw_only=True):
    """What a count of the days usually is."""

    median: float | None = None
    days: int | None = None


class DeclineReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `decline`."""

    count: str = ""
    lately: float | None = None
    usual: UsualCount | None = None


class UsualHours(Struct, frozen=True, kw_only=True):
    """How long a device usually stays as it is."""

    longest_h: float | None = None


class DeviceStuckReason(RoomReason, frozen=True, kw_only=True):
    """Card of `device_stuck`."""

    device: int | None = None
    kind: str = ""
    cause: str = ""
    usual: UsualHours | None = None


class BatteryReason(RoomReason, frozen=True, kw_only=True):
    """Card of `battery`."""

    device: int | None = None
    kind: str = ""
    cause: str = ""
    level_pct: float | None = None
    days_left: int | None = None
    days_left_low: int | None = None


class OutOfContactReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `canary_silent`, and of what else is out of contact."""

    cause: str = ""
    last_heard: Moment | None = None


class HomeSilentReason(OutOfContactReason, frozen=True, kw_only=True):
    """Card of `home_silent`."""

    devices: int | None = None


class DeviceSilentReason(OutOfContactReason, frozen=True, kw_only=True):
    """Card of `device_silent`."""

    kind: str = ""
    place: str = ""


class AreaSilentReason(OutOfContactReason, frozen=True, kw_only=True):
    """Card of `area_silent`."""

    area: str = ""
    homes: int | None = None
    of_homes: int | None = None
    silent_min: int | None = None


class WardSilentReason(OutOfContactReason, frozen=True, kw_only=True):
    """Card of `ward_silent`; without the homes where the broker or ingest was away."""

    homes: int | None = None
    silent_min: int | None = None


class UnassignedButton(Struct, frozen=True, kw_only=True):
    """A button or detector that is registered for nobody; `metric` is what it calls or reports."""

    sender: str = ""
    metric: str = ""
    cause: str = ""
    last_at: Moment | None = None
    presses: int | None = None


class UnassignedSosReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `stray_sos`."""

    buttons: tuple[UnassignedButton, ...] = ()
    told_through: Moment | None = None

    def calls_since(self, moment: datetime) -> tuple[UnassignedButton, ...]:
        """Return what was called or reported at a moment or after it; all of it where none says when."""
        late = tuple(one for one in self.buttons if one.last_at is not None and one.last_at >= moment)
        return late or self.buttons


class UnclearDevice(Struct, frozen=True, kw_only=True):
    """A device whose field is not understood; `device_id` is empty where nobody registered it."""

    sender: str = ""
    device_id: str = ""
    field: str = ""
    since: Moment | None = None


class UnclearCallReason(ReasonCard, frozen=True, kw_only=True):
    """Card of `unclear_call`; it holds no value that a device said."""

    devices: tuple[UnclearDevice, ...] = ()
    told_at: Moment | None = None


class CallReason(RoomReason, frozen=True, kw_only=True):
    """Card of the calls for help."""

    device: int | None = None
    pressed_at: Moment | None = None
    received_at: Moment | None = None
