"""What the staff do about notifications in their browsers: switch them on and off."""

import base64
import binascii
from urllib.parse import urlsplit

from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from core.store.alerts import browser_notifications
from core.store.alerts.browser_notifications import PushTarget

_LONGEST_ENDPOINT = 1000
_POINT_BYTES, _SECRET_BYTES = 65, 16


def subscribe(context: ActionContext, target: PushTarget, *, allow_private_hosts: bool) -> None:
    """Let a browser of the viewer get notifications of emergencies.

    Raises
    ------
    RefusedError
        What the browser gave is no address of a push service, or no pair of keys.
    ConflictError
        The viewer has ten browsers already.
    """
    try:
        parts = urlsplit(target.endpoint)
        is_web = bool(parts.hostname) and parts.scheme == "https" and parts.port != 0
    except ValueError:
        parts, is_web = None, False
    if parts is not None and allow_private_hosts:
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    is_usable = is_web and "@" not in target.endpoint and len(target.endpoint) <= _LONGEST_ENDPOINT
    if not is_usable or _length(target.p256dh) != _POINT_BYTES or _length(target.auth) != _SECRET_BYTES:
        raise RefusedError("endpoint", "push_target_unusable")
    browser_notifications.subscribe(context.connection, context.viewer.number, target, context.now)


def remove(context: ActionContext, number: int) -> None:
    """Let a browser of the viewer get no more notifications.

    Raises
    ------
    NotFoundError
        The viewer has no such browser.
    """
    browser_notifications.remove(context.connection, context.viewer.number, number)


def _length(text: str) -> int:
    try:
        return len(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return -1
