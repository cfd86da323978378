"""Credentials of devices: handed out at once or by a one-use code, redeemed by whoever has the code, and taken away."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from api.access import fitting, visibility
from api.access.refusals import ForbiddenError, RefusedError
from api.actions.context import ActionContext
from api.http.rate_limit import RateLimit
from core.credentials import enrolment_codes
from core.credentials.enrolment_codes import Code, Credential, UnknownCodeError
from core.domain.broker_account import BrokerAccount
from core.errors import StoreUnavailableError
from core.logs import get_logger
from core.settings import Settings
from core.store.database import Database
from core.store.devices import broker_accounts, devices, registry

_log = get_logger(__name__)

_MINUTE = timedelta(minutes=1)
# A technician enrols a home's devices one after the other; a code has 80 random bits.
_WRONG_CODES = 20
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class BrokerEndpoint:
    """Where devices find the broker; `ca_certificate` is the authority to trust, None where a public one signed."""

    address: str
    host: str
    port: int
    tls: bool
    ca_certificate: str | None


@dataclass(frozen=True)
class Enrolment:
    """A device's credential with all that it needs to sign in to the broker, shown exactly once."""

    username: str
    password: str
    broker: BrokerEndpoint
    publishes: str
    commands: str | None


@dataclass(frozen=True)
class IssuedCode:
    """A one-use code for an account, and the place that its label names."""

    account: BrokerAccount
    code: Code
    place: str


def wrong_code_limit() -> RateLimit:
    """Return the limit on wrong codes from one address; a process has one."""
    return RateLimit(_WRONG_CODES, _MINUTE, "too many codes were tried that open nothing")


def redeem_code(
    database: Database,
    settings: Settings,
    code: str,
    *,
    wrong_codes: RateLimit,
    peer: str,
    machine_now: datetime,
) -> Enrolment:
    """Return the credential for a code, once.

    Parameters
    ----------
    database : Database
        The code is used up in a transaction of its own.
    settings : Settings
        Where devices find the broker.
    code : str
        As typed.
    wrong_codes : RateLimit
        Counts wrong codes by `peer`.
    peer : str
        The address the request came from.
    machine_now : datetime
        The machine's time.

    Raises
    ------
    UnknownCodeError
        The code is mistyped, used, withdrawn or too old.
    TooManyAttemptsError
        The peer tried many such codes.
    StoreUnavailableError
        The file with the authority cannot be read just now.
    """
    wrong_codes.check(peer, machine_now)
    # Before the code is used up: a credential without the broker's address is of no use.
    broker = broker_of(settings)
    try:
        with database.transaction() as connection:
            made = enrolment_codes.exchange(connection, code, machine_now)
    except UnknownCodeError:
        wrong_codes.count(peer, machine_now)
        _log.info("enrolment_refused")
        raise
    _log.info("device_enrolled", account=made.account.name)
    return _enrolment(made, broker)


def broker_of(settings: Settings) -> BrokerEndpoint:
    """Return where devices find the broker, with the authority that signed its certificate.

    Raises
    ------
    StoreUnavailableError
        The file with the authority cannot be read just now.
    """
    parts = urlsplit(settings.devices_address)
    authority = None
    if settings.devices_ca_file is not None:
        try:
            authority = settings.devices_ca_file.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            _log.exception("authority_not_readable")
            raise StoreUnavailableError("the certificate authority cannot be read just now") from error
    return BrokerEndpoint(
        address=settings.devices_address,
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        ca_certificate=authority,
    )


def revoke_credential(context: ActionContext, device_id: str, *, machine_now: datetime) -> BrokerAccount:
    """Return the account whose credential and open code end now; the broker cuts off whoever uses it.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    NotFoundError
        There is no such device in use, or it has no credential.
    """
    visibility.require_admin(context.viewer, "revoke credentials")
    account = registry.account_for(context.connection, device_id)
    broker_accounts.revoke(context.connection, account.name, machine_now, user=context.viewer.number)
    return account


def issue_code(
    context: ActionContext, device_id: str, *, machine_now: datetime, seen: int | None = None
) -> IssuedCode:
    """Return a new code for a device's credential; a former code ends now, the credential when the new one is fetched.

    Parameters
    ----------
    context : ActionContext
        Who asks.
    device_id : str
        Whose code.
    machine_now : datetime
        The machine's time.
    seen : int, optional
        The version of the account that the viewer saw; where there is a newer one, no code is made.

    Raises
    ------
    NotFoundError
        There is no such device, or the viewer may not know.
    ForbiddenError
        The viewer is neither staff nor a technician, or devices of other offices publish with that credential too.
    RefusedError
        Somebody made or took away a code or credential since, or this was sent twice.
    """
    fitting.require_equipment(context.viewer, "make labels")
    device = visibility.device_for(context.connection, context.viewer, device_id)
    fitting.require_nobodys(context.viewer, device)
    account = registry.account_for(context.connection, device_id)
    for other in registry.publishers(context.connection, account):
        if not devices.is_visible(context.connection, context.viewer.equipment_scope, other):
            raise ForbiddenError(
                f"devices of other offices publish with the credential of {account.name} too; ask an administrator"
            )
        shared = visibility.device_for(context.connection, context.viewer, other)
        fitting.require_nobodys(context.viewer, shared)
    # Held from here on: of two at once the second sees what the first did.
    broker_accounts.ensure(context.connection, account)
    if seen is not None and _version(context, account, machine_now) != seen:
        raise RefusedError("seen", "credential_changed")
    code = enrolment_codes.new_code(context.connection, account, machine_now, user=context.viewer.number)
    return IssuedCode(account, code, device.place if account.name == device_id else "")


def issue_password(
    context: ActionContext,
    settings: Settings,
    device_id: str,
    *,
    is_in_place_of_another: bool,
    seen: int,
    machine_now: datetime,
) -> Enrolment:
    """Return a new password for a device at once, shown once and never again; a former one and an open code end.

    A code is made and used up, so that who asked for it, and when, stays known.

    Raises
    ------
    NotFoundError
        There is no such device, or the viewer may not know.
    ForbiddenError
        The viewer is neither staff nor a technician, or devices of other offices publish with that credential too.
    RefusedError
        There is a password already, and it is not said that it may end; or the account is not as it was `seen`.
    StoreUnavailableError
        The file with the authority cannot be read just now.
    """
    # Before a former password ends: a new one without the broker's address is of no use.
    broker = broker_of(settings)
    made = issue_code(context, device_id, machine_now=machine_now, seen=seen)
    found = broker_accounts.standing(context.connection, made.account.name, machine_now)
    if found is not None and found.is_let_in and not is_in_place_of_another:
        raise RefusedError("sure", "password_in_use")
    credential = enrolment_codes.exchange(context.connection, made.code.text, machine_now)
    _log.info("device_enrolled", account=made.account.name)
    return _enrolment(credential, broker)


def _version(context: ActionContext, account: BrokerAccount, machine_now: datetime) -> int:
    found = broker_accounts.standing(context.connection, account.name, machine_now)
    return 0 if found is None else found.version


def _enrolment(made: Credential, broker: BrokerEndpoint) -> Enrolment:
    account = made.account
    return Enrolment(account.name, made.password, broker, account.publishes, account.commands)
