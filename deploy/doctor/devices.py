"""The doctor's look at devices: what their bridges call them now."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from core.store.database import Connection
from core.store.devices import descriptions
from deploy.doctor.check import Check, CheckResult

_RECENT = timedelta(days=7)
_NAMED = 5


def device_checks(connection: Connection, now: datetime) -> Iterator[Check]:
    """Look at devices that were renamed."""
    renamed = descriptions.renames(connection, now - _RECENT)
    for one in [one for one in renamed if not one.is_followed][:_NAMED]:
        yield Check(
            "names", CheckResult.BAD,
            f"{one.device_id} sends as {one.sender} now, under which another device is registered",
            "name the two apart at the bridge, or retire the one that is gone: mimamori device list",
        )  # fmt: skip
    followed = [one for one in renamed if one.is_followed]
    if followed:
        named = ", ".join(f"{one.device_id} ({one.sender})" for one in followed[:_NAMED])
        more = f" and {len(followed) - _NAMED} more" if len(followed) > _NAMED else ""
        yield Check(
            "names",
            CheckResult.GOOD,
            f"{len(followed)} devices renamed at their bridge in 7 days: {named}{more}",
        )
