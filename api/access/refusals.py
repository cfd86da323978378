"""Refusals: the errors with which a request is refused; pages and JSON each word them."""

from core.domain.alert import Alert
from core.errors import ConflictError, InputError, MimamoriError


class NotSignedInError(MimamoriError):
    """The asker is not signed in, or no longer."""


class SecondFactorNeededError(NotSignedInError):
    """The password was right, and a code is needed too; whoever has the `token` may enter it."""

    def __init__(self, token: str) -> None:
        super().__init__("this sign-in needs the code of an authenticator app, or a recovery code, too")
        self.token = token


class ForbiddenError(MimamoriError):
    """The asker may know of the thing, but not do this with it."""


class ProofNeededError(ForbiddenError):
    """The asker may do this, once they have proved anew who they are."""


class TooManyAttemptsError(MimamoriError):
    """Somebody tries too often; `retry_after_s` says when to come again."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class AlertConflictError(ConflictError):
    """An alert has changed since the asker read it; `alert` is its present state."""

    def __init__(self, message: str, alert: Alert) -> None:
        super().__init__(message)
        self.alert = alert


class ThereAlreadyError(ConflictError):
    """What would be added is there already, with the same values: sent twice, or by two; `number` is what is there."""

    def __init__(self, what: str, number: int) -> None:
        super().__init__(f"this {what} is there already, as number {number}; nothing was added")
        self.number = number


class RefusedError(InputError):
    """A change is refused because of one field; whoever words it knows the code.

    Parameters
    ----------
    field : str
        The field of the request, such as `ended_at`.
    code : str
        Stable name of the reason; `api.http.refusal_texts` has its English, pages their own words.
    values : object
        What belongs into the text, such as the limit.
    """

    def __init__(self, field: str, code: str, **values: object) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code
        self.values = values


class FieldError(InputError):
    """One field of the input cannot be used; `where` names it, such as `body.shape.corners`."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(message)
        self.where = where
