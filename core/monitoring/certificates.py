"""When the certificates end that our partners show."""

import socket
import ssl
from datetime import UTC, datetime

_TIMEOUT_S = 5.0


def expiry_shown_by(connection: object) -> datetime | None:
    """Return when the certificate ends that the other side of a connection showed; None if it showed none that we checked."""
    if not isinstance(connection, ssl.SSLSocket):
        return None
    certificate = connection.getpeercert()
    ends = certificate.get("notAfter") if certificate else None
    if not isinstance(ends, str):
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)


def expiry_at(host: str, port: int, context: ssl.SSLContext) -> datetime | None:
    """Connect, and return when the certificate ends that is shown there; None if nobody answers.

    Raises
    ------
    ssl.SSLCertVerificationError
        It has ended, is of another name, or nobody whom `context` trusts signed it.
    """
    try:
        with (
            socket.create_connection((host, port), _TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            return expiry_shown_by(secured)
    except ssl.SSLCertVerificationError:
        raise
    except OSError:
        return None
