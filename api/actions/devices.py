"""Devices: register, move, replace and retire; called by pages, JSON and the commands alike."""

from dataclasses import dataclass
from datetime import datetime

from api.access import fitting, visibility
from api.access.refusals import FieldError, RefusedError
from api.actions.context import ActionContext
from core.domain.access_scope import AccessScope
from core.domain.device import DeviceKind, sender_mistake
from core.domain.evidence.device_profile import DeviceProfile, FieldMeaning, ProfileSource, meanings_of
from core.errors import InputError
from core.formats.profile_file import DESCRIBED, for_model, library
from core.store.devices import devices, moves, profiles, proposals, registry
from core.store.devices.devices import DeviceOverview
from core.store.devices.profiles import Followed, StoredProfile
from core.store.devices.registry import DeviceInUse, Placement

_ALL = AccessScope(everything=True)


@dataclass(frozen=True)
class Whereabouts:
    """Where a device belongs: to a home, by number or name, or to a resident as that person's own; neither: nowhere."""

    home: int | str | None = None
    resident: int | None = None


@dataclass(frozen=True)
class WayToRead:
    """How a device's messages are read: by a profile, named (with None: by none, or by that of its model), and what they mean.

    `meaning` None leaves what they meant; `kind` None lets the device be what it is. What means a bed is one, whichever kind is named.
    """

    profile: str | None = None
    version: int | None = None
    meaning: FieldMeaning | None = None
    kind: DeviceKind | None = None


_AS_ITS_MODEL = WayToRead()


@dataclass(frozen=True)
class NewDevice:
    """A device to register; without a `sender` it speaks as `native:{device_id}`."""

    device_id: str
    kind: DeviceKind
    place: str = ""
    sender: str | None = None
    gateway_id: str | None = None
    heartbeat_s: int | None = None
    model: str = ""
    reading: WayToRead = _AS_ITS_MODEL


def register(context: ActionContext, device: NewDevice, there: Whereabouts) -> DeviceOverview:
    """Return a device that belongs to a home or resident from now on, read as is said, else by the library's profile of its model.

    Raises
    ------
    ForbiddenError
        The viewer is neither an administrator nor a technician.
    RefusedError
        It is not said where it belongs.
    NotFoundError
        There is no such home, resident or profile.
    ConflictError
        The id or the sender is registered already.
    """
    fitting.require_fitter(context.viewer, "register devices")
    registry.add_device(
        context.connection,
        device_id=device.device_id,
        sender=device.sender or f"native:{device.device_id}",
        kind=device.kind,
        place=device.place,
        model=device.model,
        gateway_id=device.gateway_id,
        heartbeat_s=device.heartbeat_s,
        placement=_required_placement(context, there),
        now=context.now,
    )
    made = registry.device_in_use(context.connection, device.device_id)
    _read_first(context, made, device.reading)
    return devices.overview(context.connection, _ALL, device.device_id)


def move(
    context: ActionContext, device_id: str, there: Whereabouts, *, since: datetime | None = None
) -> DeviceOverview:
    """Return a device that belongs elsewhere, or nowhere, from `since` on; what it measured before stays where it was.

    Raises
    ------
    ForbiddenError
        The viewer is neither an administrator nor a technician.
    RefusedError
        Both a home and a resident are named.
    NotFoundError
        There is no such device, home or resident.
    ConflictError
        It was moved after `since` already.
    """
    fitting.device_to_fit(context.connection, context.viewer, device_id, "move devices")
    moves.move_device(context.connection, device_id, _placement(context, there), context.now, since=since)
    return devices.overview(context.connection, _ALL, device_id)


def replace(
    context: ActionContext,
    device_id: str,
    successor: str,
    *,
    sender: str | None = None,
    since: datetime | None = None,
    machine_now: datetime,
) -> DeviceOverview:
    """Return the new device in the place of a broken one, which goes out of use with its credential.

    Raises
    ------
    ForbiddenError
        The viewer is neither an administrator nor a technician.
    NotFoundError
        There is no such device in use.
    ConflictError
        The new id or sender is registered already.
    """
    fitting.device_to_fit(context.connection, context.viewer, device_id, "replace devices")
    registry.end_credential(context.connection, device_id, machine_now, user=context.viewer.number)
    moves.replace_device(context.connection, device_id, successor, context.now, sender=sender, since=since)
    return devices.overview(context.connection, _ALL, successor)


def retire(context: ActionContext, device_id: str, *, machine_now: datetime) -> None:
    """Take a device out of use, with its credential; what it reported stays.

    Raises
    ------
    ForbiddenError
        The viewer is neither an administrator nor a technician.
    NotFoundError
        There is no such device in use.
    """
    fitting.device_to_fit(context.connection, context.viewer, device_id, "take devices out of use")
    registry.end_credential(context.connection, device_id, machine_now, user=context.viewer.number)
    registry.retire_device(context.connection, device_id, context.now)


def add_profile(context: ActionContext, profile: DeviceProfile) -> StoredProfile:
    """Return a profile stored as the next version of its name, or the newest, if that says the same; no device follows it yet.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    """
    visibility.require_admin(context.viewer, "change profiles")
    return profiles.add(context.connection, profile, context.now)


def set_profile(context: ActionContext, device_id: str, reading: WayToRead) -> Followed:
    """Return what a device follows from now on: a profile, by its name the newest version, or none; and what its presses or states mean.

    A device whose profile is taken away follows none until somebody chooses one, or `DESCRIBED`, whatever its bridge describes. A profile of the library that is not stored yet is stored. One that says of no model but that its messages are pulses is added to
    what the device's bridge describes.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    NotFoundError
        There is no such device in use, or no such profile.
    FieldError
        Nothing that the device measures, or would by that profile, can mean this.
    """
    visibility.require_admin(context.viewer, "choose the profiles of devices")
    device = registry.device_in_use(context.connection, device_id)
    chosen = _chosen_profile(context, device, reading)
    _require_possible(context, device, chosen, reading.meaning)
    _follow(context, device, chosen, reading)
    registry.evaluate_again(context.connection, device.number, context.now)
    registry.announce(context.connection)
    return profiles.followed_by(context.connection, device.number)


def _chosen_profile(context: ActionContext, device: DeviceInUse, reading: WayToRead) -> StoredProfile | None:
    """Return what a device follows by what was chosen: mere pulses are added to what its bridge describes."""
    if reading.profile in (None, DESCRIBED):
        return None
    chosen = stored_profile(context, reading.profile, reading.version)
    if not chosen.profile.says_only_pulses:
        return chosen
    before = profiles.followed_by(context.connection, device.number).stored
    if before is None:
        return chosen
    if before.profile.name.startswith(f"{chosen.profile.name}."):
        return before
    if not before.profile.source.is_description:
        return chosen
    return profiles.add(context.connection, before.profile.with_pulses_of(chosen.profile), context.now)


def _require_possible(
    context: ActionContext, device: DeviceInUse, stored: StoredProfile | None, meaning: FieldMeaning | None
) -> None:
    """Refuse a meaning that no reading of a device can have: it would seem to be set, and a call would never come."""
    if meaning is None or meaning is profiles.followed_by(context.connection, device.number).meaning:
        return
    measured = devices.measured(context.connection, device.number)
    by_profile = [] if stored is None else [one.metric for one in stored.profile.fields]
    # What measured nothing so far may mean anything: a profile names only what no name can say.
    possible = meanings_of([*measured, *by_profile])
    if meaning not in {*meanings_of(measured), *possible}:
        raise FieldError(
            "body.meaning",
            f"{device.device_id} cannot mean {meaning.value!r}: it measures {', '.join(sorted(measured))}; possible are"
            f" {', '.join(one.value for one in possible)}",
        )


def _follow(
    context: ActionContext, device: DeviceInUse, stored: StoredProfile | None, reading: WayToRead
) -> None:
    before = profiles.followed_by(context.connection, device.number).stored
    is_taken_away = stored is None and before is not None and reading.profile is None
    is_followed = stored is not None or reading.profile == DESCRIBED
    profiles.follow(
        context.connection,
        device.number,
        None if stored is None else stored.number,
        reading.meaning,
        follows_descriptions=False if is_taken_away else is_followed or None,
    )
    meaning = profiles.followed_by(context.connection, device.number).meaning
    is_bed = meaning is FieldMeaning.BED or (stored is not None and stored.profile.says_bed)
    # Of a bed only what is registered as one shows that a person acted.
    kind = DeviceKind.BED if is_bed else reading.kind or device.kind
    if kind is not device.kind:
        registry.set_kind(context.connection, device.number, kind)


def _read_first(context: ActionContext, device: DeviceInUse, reading: WayToRead) -> None:
    """Let a new device be read as was said; where no profile was named, by what people entered for its model, else by the library's."""
    stored = _chosen_profile(context, device, reading)
    if stored is None:
        stored = profiles.entered_for_model(profiles.newest(context.connection), device.model)
    if stored is None and (known := for_model(device.model)) is not None:
        stored = profiles.add(context.connection, known, context.now)
    if stored is None and reading.meaning is None:
        return
    # What only means something goes on to be read as it describes itself.
    _follow(
        context, device, stored or profiles.followed_by(context.connection, device.number).stored, reading
    )


def stored_profile(context: ActionContext, name: str, version: int | None = None) -> StoredProfile:
    """Return a version of a profile, the newest if none is named; one of the library that is not stored yet is stored.

    Raises
    ------
    NotFoundError
        There is none.
    """
    found = profiles.find(context.connection, name, version)
    known = library().get(name) if version is None else None
    if known is not None and (found is None or found.profile.source is ProfileSource.MODEL_LIBRARY):
        return profiles.add(context.connection, known, context.now)
    return profiles.get(context.connection, name, version) if found is None else found


def accept_proposal(
    context: ActionContext,
    number: int,
    there: Whereabouts,
    *,
    device_id: str | None = None,
    kind: DeviceKind | None = None,
    place: str = "",
    reading: WayToRead = _AS_ITS_MODEL,
) -> DeviceOverview:
    """Return a device, registered from now on as its gateway described it; it is read as is said, else by the profile of its model.

    Raises
    ------
    ForbiddenError
        The viewer is neither an administrator nor a technician.
    RefusedError
        It is not said where it belongs.
    NotFoundError
        There is no such proposal, home, resident or profile.
    ConflictError
        The id or the sender is registered already.
    """
    fitting.require_fitter(context.viewer, "register devices")
    made = proposals.accept(
        context.connection,
        number,
        _required_placement(context, there),
        context.now,
        device_id=device_id,
        kind=kind,
        place=place,
    )
    _read_first(context, made, reading)
    return devices.overview(context.connection, _ALL, made.device_id)


def propose_sender(context: ActionContext, sender: str) -> int:
    """Return the number of the proposal of a sender whose messages came and that nobody registered, also if it was dismissed.

    Raises
    ------
    ForbiddenError
        The viewer is neither an administrator nor a technician.
    InputError
        No message can come from that sender.
    NotFoundError
        Nothing came from it, or it is registered.
    """
    fitting.require_fitter(context.viewer, "register devices")
    if mistake := sender_mistake(sender):
        raise InputError(mistake)
    return proposals.propose(context.connection, sender, context.now)


def dismiss_proposal(context: ActionContext, number: int) -> None:
    """Propose a device no more, however often its gateway describes it.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    NotFoundError
        There is no such proposal.
    """
    visibility.require_admin(context.viewer, "dismiss proposals")
    proposals.dismiss(context.connection, number, context.now)


def _required_placement(context: ActionContext, there: Whereabouts) -> Placement:
    placement = _placement(context, there)
    if placement is None:
        raise RefusedError("home", "placement_missing")
    return placement


def _placement(context: ActionContext, there: Whereabouts) -> Placement | None:
    if there.home is not None and there.resident is not None:
        raise RefusedError("home", "placement_twice")
    if there.home is None and there.resident is None:
        return None
    if there.resident is not None:
        visibility.require_admin(context.viewer, "give somebody a device of their own")
    placement = registry.placement_of(
        context.connection,
        home=there.home if isinstance(there.home, str) else None,
        home_number=there.home if isinstance(there.home, int) else None,
        resident=there.resident,
    )
    fitting.home_to_fit(context.connection, context.viewer, placement.home)
    return placement
