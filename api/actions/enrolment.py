"""Redeeming a one-use code for a device's credential, open to whoever has the code, and not to those who guess."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from api.http.rate_limit import RateLimit
from core.credentials import enrolment_codes
from core.credentials.enrolment_codes import UnknownCodeError
from core.errors import StoreUnavailableError
from core.logs import get_logger
from core.settings import Settings
from core.store.database import Database

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
    return Enrolment(
        username=made.account.name,
        password=made.password,
        broker=broker,
        publishes=made.account.publishes,
        commands=made.account.commands,
    )


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
