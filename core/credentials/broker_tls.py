"""TLS towards the broker."""

import ssl

from core.errors import SettingsError
from core.settings import Settings


def broker_tls(settings: Settings) -> ssl.SSLContext | None:
    """Return how to speak TLS to the broker, or None where the settings name neither TLS nor an authority.

    Raises
    ------
    SettingsError
        A certificate file cannot be read or used.
    """
    if not settings.broker_tls and settings.broker_ca_file is None:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.broker_ca_file)
    except (OSError, ValueError) as error:
        raise SettingsError(_unusable("BROKER_CA_FILE", settings.broker_ca_file, error)) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.broker_cert_file is not None and settings.broker_key_file is not None:
        try:
            context.load_cert_chain(settings.broker_cert_file, settings.broker_key_file)
        except (OSError, ValueError) as error:
            raise SettingsError(_unusable("BROKER_CERT_FILE", settings.broker_cert_file, error)) from error
    return context


def _unusable(setting: str, path: object, error: Exception) -> str:
    why = (
        error.strerror
        if isinstance(error, OSError) and error.strerror
        else "it is no certificate in PEM form"
    )
    return f"MIMAMORI_{setting}: cannot use {path}: {why}"
