"""A webhook's address with the secrets that sign what goes there; they stand behind its `#`, which is never sent."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

# Both secrets sign for so long, in which the receiver changes to the new one.
OVERLAP = timedelta(hours=24)


@dataclass(frozen=True)
class WebhookAddress:
    """Where a webhook goes, and how it is signed.

    Attributes
    ----------
    url : str
        Without secrets.
    secret : str
        Signs; empty where the address comes from before there were signatures.
    old_secret : str
        Signs too until `old_until`; empty for none.
    old_until : datetime or None
        When the old secret ends.
    """

    url: str
    secret: str = ""
    old_secret: str = ""
    old_until: datetime | None = None

    @staticmethod
    def of(text: str) -> "WebhookAddress":
        """Read an address as it is stored."""
        url, _, secrets = text.partition("#")
        new, _, old = secrets.partition(",")
        old_secret, _, until = old.partition("@")
        is_time = until.isascii() and until.isdigit()
        return WebhookAddress(
            url, new, old_secret, datetime.fromtimestamp(int(until), UTC) if is_time else None
        )

    @property
    def text(self) -> str:
        """The address as it is stored."""
        if not self.secret:
            return self.url
        old = f",{self.old_secret}@{int(self.old_until.timestamp())}" if self.old_until else ""
        return f"{self.url}#{self.secret}{old}"

    def secrets_at(self, now: datetime) -> list[str]:
        """Return the secrets that sign at a moment, the new one first."""
        old = [self.old_secret] if self.old_until is not None and now < self.old_until else []
        return [one for one in (self.secret, *old) if one]

    def rotated(self, secret: str, now: datetime) -> "WebhookAddress":
        """Return the address with a new secret; the present one signs beside it for a day."""
        if not self.secret:
            return replace(self, secret=secret)
        return WebhookAddress(self.url, secret, self.secret, now + OVERLAP)
