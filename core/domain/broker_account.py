"""Who signs in to the broker: a device, a gateway for all devices behind it, or a phone; each speaks under its own prefix only."""

import re
from dataclasses import dataclass
from enum import StrEnum

from core.domain.device import DeviceKind

# One level of a topic: no separator, no wildcard, nothing that ends a line of the broker's password file.
ACCOUNT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
# The broker knows these as services, with rules of their own; a device of such a name would get their rights. Client ids of
# services begin with `mimamori-`, and a device's client id is its name. Under `mimamori/v1/out/` the service itself speaks.
_SERVICES = frozenset({"ingest", "erasure", "simulator", "sync-broker", "doctor", "admin", "out"})
_SERVICE_PREFIX = "mimamori"


class AccountKind(StrEnum):
    """What signs in."""

    DEVICE = "device"
    """A native device, under `mimamori/v1/{name}/`."""
    GATEWAY = "gateway"
    """A gateway or an off-the-shelf sender, under `gw/{name}/`."""
    PHONE = "phone"
    """A phone with OwnTracks, under `owntracks/{name}/`."""


@dataclass(frozen=True)
class BrokerAccount:
    """A name at the broker.

    Attributes
    ----------
    name : str
        What it signs in as: the device's, the gateway's or the phone user's.
    kind : AccountKind
        What it is.
    """

    name: str
    kind: AccountKind

    @property
    def publishes(self) -> str:
        """The topics it may publish to, as a pattern."""
        return {
            AccountKind.DEVICE: f"mimamori/v1/{self.name}/+",
            AccountKind.GATEWAY: f"gw/{self.name}/#",
            AccountKind.PHONE: f"owntracks/{self.name}/#",
        }[self.kind]

    @property
    def commands(self) -> str | None:
        """Where it receives what the service asks of it; None for senders that understand no commands of ours."""
        return {
            AccountKind.DEVICE: f"mimamori/v1/{self.name}/command",
            AccountKind.GATEWAY: f"gw/{self.name}/mimamori/v1/+/command",
        }.get(self.kind)


def is_service(name: str) -> bool:
    """Return whether a name at the broker is kept for the service itself."""
    return name.lower() in _SERVICES or name.lower().startswith(_SERVICE_PREFIX)


def account_of(device_id: str, sender: str, kind: DeviceKind, gateway_id: str | None) -> BrokerAccount | None:
    """Return the account that a device publishes with.

    Parameters
    ----------
    device_id : str
        The device's id.
    sender : str
        How its messages come.
    kind : DeviceKind
        What it is.
    gateway_id : str or None
        The gateway that it was registered with.

    Returns
    -------
    Account or None
        None where no account may publish as this sender: a bare topic without a gateway's prefix.

    Examples
    --------
    >>> account_of("hall-1", "native:hall-1", DeviceKind.MOTION, None)
    Account(name='hall-1', kind=<AccountKind.DEVICE: 'device'>)
    >>> account_of("hall-2", "zigbee2mqtt:g12/hallway", DeviceKind.MOTION, None)
    Account(name='g12', kind=<AccountKind.GATEWAY: 'gateway'>)
    >>> account_of("hanako", "owntracks:hanako/phone", DeviceKind.TRACKER, None)
    Account(name='hanako', kind=<AccountKind.PHONE: 'phone'>)
    """
    form, _, name = sender.partition(":")
    if gateway_id is not None:
        return BrokerAccount(gateway_id, AccountKind.GATEWAY)
    if form == "native":
        own = AccountKind.GATEWAY if kind is DeviceKind.GATEWAY else AccountKind.DEVICE
        return BrokerAccount(device_id, own)
    first, *rest = name.split("/")
    if form == "owntracks" and len(rest) == 1:
        return BrokerAccount(first, AccountKind.PHONE)
    return BrokerAccount(first, AccountKind.GATEWAY) if first else None
