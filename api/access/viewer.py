"""The viewer: a signed-in user with the session that proves it."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.access_scope import AccessScope
from core.domain.people import Language, Role, User


@dataclass(frozen=True)
class Viewer:
    """Who asks: a signed-in user and the session that says so; `proved_at` is when they last proved who they are."""

    user: User
    session: bytes
    proved_at: datetime | None = None

    @property
    def number(self) -> int:
        """The user's key."""
        return self.user.number

    @property
    def role(self) -> Role:
        """The user's role."""
        return self.user.role

    @property
    def is_staff(self) -> bool:
        """True for admin and care staff."""
        return self.role in {Role.ADMIN, Role.CARE}

    @property
    def scope(self) -> AccessScope:
        """The residents the user may know of."""
        return AccessScope.of(self.user.role, self.user.number, self.user.office)

    @property
    def equipment_scope(self) -> AccessScope:
        """The residents of whose homes the user may see the devices."""
        return AccessScope.of_equipment(self.user.role, self.user.number, self.user.office)


@dataclass(frozen=True)
class Asker:
    """From where somebody asks: the network address, and what the browser says it is."""

    peer: str
    browser: str = ""


# Whoever runs commands on the machine itself: may do what an administrator may, and is no user of the service.
OPERATOR = Viewer(User(0, "operator", "operator", Role.ADMIN, None, Language.EN, is_active=True), b"")
