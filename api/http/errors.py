"""Errors as the asker sees them: problem details (RFC 9457) for programs, a page for people, never a traceback."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from api.access.refusals import (
    AlertConflictError,
    FieldError,
    ForbiddenError,
    NotSignedInError,
    ProofNeededError,
    RefusedError,
    SecondFactorNeededError,
    ThereAlreadyError,
    TooManyAttemptsError,
)
from api.http.refusal_texts import worded
from core.domain.people import Language
from core.errors import ConflictError, InputError, MimamoriError, NotFoundError, StoreUnavailableError
from core.formats.profile_mistakes import ProfileError
from core.logs import get_logger
from core.store.people.records.stored_records import StaleRecordError

_log = get_logger(__name__)

JSON_PREFIXES = ("/api/", "/healthz", "/readyz")
_RETRY_S = 5
_PROOF = "proof_needed"
# Where a home stands is behind the location gate.
_PLACE = frozenset({"lat", "lon"})


@dataclass(frozen=True)
class Problem:
    """What went wrong, where, and what to do next.

    Attributes
    ----------
    status : int
        HTTP status.
    code : str
        Stable name of the kind of problem, for programs and for the page that words it.
    detail : str
        What is wrong, in English.
    next : str
        What to do next, in English.
    fields : sequence of (where, what)
        The parts of the input that cannot be used.
    extra : mapping
        What belongs to this kind of problem only.
    """

    status: int
    code: str
    detail: str
    next: str
    fields: Sequence[tuple[str, str]] = ()
    extra: dict[str, object] = field(default_factory=dict[str, object])
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def title(self) -> str:
        """The short name of the status."""
        return HTTPStatus(self.status).phrase

    def body(self, path: str) -> dict[str, object]:
        """Return the problem details."""
        body: dict[str, object] = {
            "type": f"urn:mimamori:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": path,
            "next": self.next,
        }
        if self.fields:
            body["errors"] = [{"where": where, "what": what} for where, what in self.fields]
        return body | self.extra


TOO_LARGE = Problem(413, "too_large", "the request is larger than 64 kB", "send less at a time")
ErrorPage = Callable[[Request, Problem], Response]


def install(app: FastAPI, error_page: ErrorPage) -> None:
    """Let `app` answer every error in these forms; `error_page` words it for people.

    Parameters
    ----------
    app : FastAPI
        The application.
    error_page : callable
        Makes the HTML answer of a problem.
    """

    def on_known(request: Request, error: Exception) -> Response:
        return answer(request, _of_known(error), error_page)

    def on_input(request: Request, error: Exception) -> Response:
        return answer(request, _of_validation(error), error_page)

    def on_http(request: Request, error: Exception) -> Response:
        return answer(request, _of_http(error), error_page)

    def on_unexpected(request: Request, error: Exception) -> Response:
        reference = secrets.token_hex(4)
        _log.error("request_failed", reference=reference, method=request.method, exc_info=error)
        problem = Problem(
            500,
            "internal",
            f"something went wrong on our side (reference {reference})",
            "try again; if it stays, give your operator the reference",
            extra={"reference": reference},
        )
        return answer(request, problem, error_page)

    app.add_exception_handler(MimamoriError, on_known)
    app.add_exception_handler(RequestValidationError, on_input)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_unexpected)


def answer(request: Request, problem: Problem, error_page: ErrorPage) -> Response:
    """Return the answer that explains a problem to whoever asked: a program, a person, or somebody to be signed in first."""
    path = request.url.path
    if wants_json(path):
        response: Response = JSONResponse(
            problem.body(path), problem.status, media_type="application/problem+json"
        )
    elif problem.status == HTTPStatus.UNAUTHORIZED:
        response = RedirectResponse(sign_in_path(request), HTTPStatus.SEE_OTHER)
    elif problem.code == _PROOF:
        response = RedirectResponse(_proof_path(request), HTTPStatus.SEE_OTHER)
    else:
        response = error_page(request, problem)
    response.headers.update(problem.headers)
    return response


def wants_json(path: str) -> bool:
    """Return whether a path belongs to programs rather than people."""
    return path.startswith(JSON_PREFIXES)


def sign_in_path(request: Request) -> str:
    """Return the sign-in page, which leads back to the page asked for."""
    if request.method not in {"GET", "HEAD"} or request.url.path in {"/", "/login"}:
        return "/login"
    return "/login?next=" + quote(request.url.path, safe="/")


def _proof_path(request: Request) -> str:
    """Return the page that asks who is there, which leads back to the page the form was on."""
    is_form = request.method not in {"GET", "HEAD"}
    back = urlsplit(request.headers.get("referer", "")).path if is_form else request.url.path
    return "/proof?next=" + quote(back, safe="/")


def _of_known(error: Exception) -> Problem:
    detail = str(error)
    if isinstance(error, TooManyAttemptsError):
        wait = error.retry_after_s
        return Problem(
            429,
            "too_many_attempts",
            detail,
            f"wait {wait} s, then try again",
            headers={"Retry-After": str(wait)},
        )
    if isinstance(error, AlertConflictError | StaleRecordError | ThereAlreadyError):
        return _of_conflict(error)
    if isinstance(error, ProfileError | FieldError | RefusedError):
        return _of_fields(error)
    if isinstance(error, StoreUnavailableError):
        return Problem(
            503,
            "store_unavailable",
            "the database cannot be reached just now",
            "try again in a few seconds; an operator can look at /readyz",
            headers={"Retry-After": str(_RETRY_S)},
        )
    for kind, status, code, following in _KNOWN:
        if isinstance(error, kind):
            return Problem(status, code, detail, following)
    reference = secrets.token_hex(4)
    _log.error("request_rejected_by_database", reference=reference, kind=type(error).__name__)
    return Problem(
        500,
        "internal",
        f"the service could not do this (reference {reference})",
        "try again; if it stays, give your operator the reference",
        extra={"reference": reference},
    )


def _of_conflict(error: AlertConflictError | StaleRecordError | ThereAlreadyError) -> Problem:
    if isinstance(error, ThereAlreadyError):
        there: dict[str, object] = {"number": error.number}
        return Problem(409, "there_already", str(error), "read what is there, and change that", extra=there)
    if isinstance(error, StaleRecordError):
        values = {name: value for name, value in error.values.items() if name not in _PLACE}
        current: dict[str, object] = {"current": {"version": error.version} | values}
        return Problem(409, "conflict", str(error), "read it again and decide anew", extra=current)
    held: dict[str, object] = {
        "alert": {
            "number": error.alert.number,
            "version": error.alert.version,
            "handling": error.alert.handling.value,
            "claimed_by": error.alert.claimed_by,
        }
    }
    return Problem(409, "conflict", str(error), "read the alert again and decide anew", extra=held)


def _of_fields(error: ProfileError | FieldError | RefusedError) -> Problem:
    if isinstance(error, ProfileError):
        found = [(f"body.toml, line {one.line}", one.in_words(Language.EN)) for one in error.mistakes]
        return Problem(422, "input", str(error), "correct these lines and send it again", found)
    where, what = worded(error) if isinstance(error, RefusedError) else (error.where, str(error))
    return Problem(422, "input", what, "correct the field and send it again", [(where, what)])


_KNOWN: tuple[tuple[type[MimamoriError], int, str, str], ...] = (
    (SecondFactorNeededError, 401, "second_factor_needed", "sign in again, with `code` too"),
    (NotSignedInError, 401, "not_signed_in", "sign in, then ask again"),
    (
        ProofNeededError,
        403,
        _PROOF,
        "POST your password, or a code where a second factor is on, to /api/v1/account/proof, then ask again",
    ),
    (ForbiddenError, 403, "forbidden", "ask somebody whose role allows it"),
    (NotFoundError, 404, "not_found", "check the number or the address"),
    (ConflictError, 409, "conflict", "read it again and decide anew"),
    (InputError, 422, "input", "correct it and send it again"),
)


def _of_validation(error: Exception) -> Problem:
    found: list[dict[str, Any]] = list(error.errors()) if isinstance(error, RequestValidationError) else []
    # Only where and what: the input itself may hold a password or a position.
    fields = [(".".join(str(part) for part in item["loc"]), str(item["msg"])) for item in found[:20]]
    detail = "; ".join(f"{where}: {what}" for where, what in fields[:3]) or "the request cannot be understood"
    return Problem(422, "input", detail, "correct the fields named in errors and send it again", fields)


def _of_http(error: Exception) -> Problem:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == TOO_LARGE.status:
        return TOO_LARGE
    code, detail, following = _HTTP.get(
        status, ("http", HTTPStatus(status).phrase.lower(), "see the description of the interface")
    )
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return Problem(status, code, detail, following, headers=headers)


_HTTP = {
    400: ("input", "the request cannot be read", "send well-formed JSON or a plain form"),
    404: ("not_found", "there is nothing at this address", "check the address"),
    405: ("method", "this address does not know that method", "see the description of the interface"),
}
