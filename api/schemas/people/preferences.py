"""What a contact fills in on their own page."""

from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator

from api.schemas.common import Input
from api.schemas.people.records import Minute
from core.domain.people import DigestRhythm, Language

# A time field that was emptied.
_Minute = Annotated[Minute | None, BeforeValidator(lambda given: given or None)]


class PreferencesIn(Input):
    """Quiet hours (both or neither), language, monthly tests and digest."""

    language: Language
    quiet_from: _Minute = None
    quiet_until: _Minute = None
    is_tested_monthly: bool = False
    digest: DigestRhythm

    @model_validator(mode="after")
    def _both_or_neither(self) -> "PreferencesIn":
        if (self.quiet_from is None) != (self.quiet_until is None) or (
            self.quiet_from is not None and self.quiet_from == self.quiet_until
        ):
            raise ValueError("quiet hours have a beginning and another end; give both or neither")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """The fields of the contact."""
        return {name: getattr(self, name) for name in PreferencesIn.model_fields}
