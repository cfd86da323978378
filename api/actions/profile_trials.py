"""Trying a profile on messages in quarantine: asked for here, answered by ingest; nothing follows the profile by that."""

from dataclasses import dataclass
from datetime import datetime

from api.access import visibility
from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from api.actions.devices import stored_profile
from core.domain.device import sender_mistake
from core.domain.evidence.device_profile import DeviceProfile
from core.domain.evidence.profile_trial import TrialTarget
from core.errors import InputError, NotFoundError
from core.store.database import Connection
from core.store.devices import profile_trials, registry
from core.store.devices.profile_trials import ProfileTrial, TriedDevice


@dataclass(frozen=True)
class TriedOn:
    """On whose messages to try a profile, as it was named; exactly one of them."""

    device: str | None = None
    sender: str | None = None
    model: str | None = None


def request(context: ActionContext, on: TriedOn, profile: str, *, machine_now: datetime) -> ProfileTrial:
    """Return a new request; a profile of the library that is not stored yet is stored.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    RefusedError
        None of the three is named, or more than one.
    InputError
        No message can come from that sender.
    NotFoundError
        There is no such device in use, no such profile, or no device of that model.
    ConflictError
        Too many trials are not finished.
    """
    visibility.require_admin(context.viewer, "try profiles")
    stored = stored_profile(context, profile)
    devices = tried_on(context.connection, on, stored.profile)
    # A sender that somebody registered is that device, with what it means in its home.
    is_registered = on.model is None and devices[0].number is not None
    target = TrialTarget(devices[0].number) if is_registered else TrialTarget(None, on.sender, on.model)
    number = profile_trials.add(
        context.connection, stored.number, target, user=context.viewer.number, now=machine_now
    )
    return profile_trials.get(context.connection, number, machine_now)


def tried_on(connection: Connection, on: TriedOn, profile: DeviceProfile) -> list[TriedDevice]:
    """Return the devices on whose messages a profile is tried.

    Raises
    ------
    RefusedError
        None of the three is named, or more than one.
    InputError
        No message can come from that sender.
    NotFoundError
        There is no such device in use, or none of that model.
    """
    if sum(one is not None for one in (on.device, on.sender, on.model)) != 1:
        raise RefusedError("device_id", "tried_on_one")
    if on.sender is not None and (mistake := sender_mistake(on.sender)) is not None:
        raise InputError(mistake)
    number = None if on.device is None else registry.device_in_use(connection, on.device).number
    found = profile_trials.devices_of(connection, TrialTarget(number, on.sender, on.model), profile)
    if not found:
        raise NotFoundError(f"no device of the model {on.model} is registered or describes itself")
    return found
