"""Who may see which residents: the frame of every query that lists people or what belongs to them."""

from dataclasses import dataclass

from core.domain.people import Role


@dataclass(frozen=True)
class AccessScope:
    """The residents a user may know of.

    Attributes
    ----------
    everything : bool
        All of them (admin).
    office : int or None
        Those looked after by this office (care staff).
    family_user : int or None
        Those linked to this user (family).
    """

    everything: bool = False
    office: int | None = None
    family_user: int | None = None

    @staticmethod
    def of(role: Role, user: int, office: int | None) -> "AccessScope":
        """Return what a user of this role may know of; who works with figures or made-up people sees nobody.

        Examples
        --------
        >>> Scope.of(Role.CARE, 7, 2)
        Scope(everything=False, office=2, family_user=None)
        """
        if role is Role.ADMIN:
            return AccessScope(everything=True)
        if role is Role.CARE:
            return AccessScope(office=office)
        if role is Role.FAMILY:
            return AccessScope(family_user=user)
        return AccessScope()

    @staticmethod
    def of_equipment(role: Role, user: int, office: int | None) -> "AccessScope":
        """Return the residents of whose homes a user of this role may see the devices: more than they may know of people."""
        return AccessScope(office=office) if role is Role.TECHNICIAN else AccessScope.of(role, user, office)

    @property
    def is_staff(self) -> bool:
        """True for those who also see alerts about no single resident: the ward, equipment."""
        return self.everything or self.office is not None
