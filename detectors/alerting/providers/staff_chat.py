"""Chats of an office: from the address that an operator stored to one that apprise understands, if its host is allowed.

Slack and Teams have hosts of their own; every other service runs where the operator says, so its host must stand in
`MIMAMORI_STAFF_CHAT_HOSTS`. That list is also what lets a message into the ward's own network.
"""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from core.domain.people import Channel

SCHEMAS = (
    "slack", "workflows", "msteams", "mmost", "mmosts", "ntfy", "ntfys", "matrix", "matrixs", "gotify", "gotifys",
    "rocket", "rockets", "zulip",
)  # fmt: skip
"""The services of apprise that are loaded; an operator's own address names one of them."""

_OWN_HOSTS = {
    Channel.SLACK: ("hooks.slack.com",),
    Channel.TEAMS: (".logic.azure.com", ".webhook.office.com", ".api.powerplatform.com"),
}


@dataclass(frozen=True)
class ChatTarget:
    """An apprise address, or the code of why there is none."""

    url: str
    refusal: str | None = None


def chat_target(kind: Channel, address: str, allowed: Collection[str]) -> ChatTarget:
    """Return where a chat's message goes.

    Parameters
    ----------
    kind : Channel
        One of the chats.
    address : str
        As the operator stored it: the web address that the service shows, or of `apprise` one in its own form.
    allowed : collection of str
        Hosts where services of the operator's own may be.
    """
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    own = _OWN_HOSTS.get(kind)
    if own is not None:
        is_there = any(host == one or (one.startswith(".") and host.endswith(one)) for one in own)
        # apprise knows the addresses of these services as they show them.
        return (
            ChatTarget(address)
            if is_there and parts.scheme == "https"
            else ChatTarget("", "chat_host_unknown")
        )
    if host not in allowed:
        return ChatTarget("", "chat_host_not_allowed")
    if kind is Channel.APPRISE:
        return ChatTarget(address) if parts.scheme in SCHEMAS else ChatTarget("", "chat_service_unknown")
    return _own_server(kind, parts, host)


def _own_server(kind: Channel, parts: SplitResult, host: str) -> ChatTarget:
    path = [quote(part) for part in parts.path.split("/") if part]
    if not path:
        return ChatTarget("", "chat_address_unusable")
    secure = "s" if parts.scheme == "https" else ""
    # Written out, since some services have a usual port of their own.
    where = f"{host}:{parts.port or (443 if secure else 80)}"
    if kind is Channel.NTFY:
        return ChatTarget(f"ntfy{secure}://{where}/{path[-1]}?mode=private&image=no")
    return ChatTarget(f"mmost{secure}://{where}/{path[-1]}?image=no")
