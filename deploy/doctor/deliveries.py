"""The doctor's look at whether messages can reach people."""

from collections.abc import Iterator

from core.store.database import Connection
from core.store.people import contact_channels
from deploy.doctor.check import Check, CheckResult


def delivery_checks(connection: Connection) -> Iterator[Check]:
    """Look at the addresses of contacts."""
    readable = contact_channels.unsealed(connection)
    if readable:
        yield Check(
            "secrets", CheckResult.LOOK, f"{readable} addresses of webhooks or chats can be read in the database",
            "mimamori secret new-key; give it as MIMAMORI_SECRET_KEYS; then mimamori secret rotate",
        )  # fmt: skip
