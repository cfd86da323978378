"""A request to the service, and the status that each of those who may ask gets."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """A request for the things of resident A, and the status that each asker gets."""

    method: str
    path: str
    admin: int
    care_a: int
    care_b: int
    family_a: int
    family_b: int
    nobody: int = 401
    technician_a: int = 403
    technician_b: int = 403
    official: int = 403
    tester: int = 403

    @property
    def expected(self) -> dict[str | None, int]:
        """The status by login."""
        return {
            "admin": self.admin,
            "care_a": self.care_a,
            "care_b": self.care_b,
            "family_a": self.family_a,
            "family_b": self.family_b,
            "technician_a": self.technician_a,
            "technician_b": self.technician_b,
            "official": self.official,
            "tester": self.tester,
            None: self.nobody,
        }
