"""Handing out credentials for codes, to whoever has the code, and not to those who guess."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from api.http.rate_limit import RateLimit
from api.schemas.devices import BrokerOut, EnrolledOut
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


class Enrolments:
    """Exchanges codes for credentials, and keeps guessing within bounds."""

    def __init__(self) -> None:
        self._wrong = RateLimit(_WRONG_CODES, _MINUTE, "too many codes were tried that open nothing")

    def exchange(
        self, database: Database, settings: Settings, code: str, *, peer: str, machine_now: datetime
    ) -> EnrolledOut:
        """Return the credential for a code, once.

        Raises
        ------
        UnknownCodeError
            The code is mistyped, used, withdrawn or too old.
        TooManyAttemptsError
            The peer tried many such codes.
        """
        self._wrong.check(peer, machine_now)
        # Before the code is used up: what cannot be told whole must not be told in half.
        broker = broker_of(settings)
        try:
            with database.transaction() as connection:
                made = enrolment_codes.exchange(connection, code, machine_now)
        except UnknownCodeError:
            self._wrong.count(peer, machine_now)
            _log.info("enrolment_refused")
            raise
        _log.info("device_enrolled", account=made.account.name)
        return EnrolledOut(
            username=made.account.name,
            password=made.password,
            broker=broker,
            publishes=made.account.publishes,
            commands=made.account.commands,
        )


def broker_of(settings: Settings) -> BrokerOut:
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
    return BrokerOut(
        address=settings.devices_address,
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        ca_certificate=authority,
    )
