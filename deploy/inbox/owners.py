"""Whose phone an address of the demo is."""

from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.domain.people import Channel
from core.formats.ward_file import WardContact, read_ward


def line_user(login: str) -> str:
    """Return the LINE account of a family of the demo, by its login."""
    return "U" + sha256(login.encode()).hexdigest()[:32]


def owners_of(ward: Path) -> dict[str, str]:
    """Return what stands above the phone of each address in a ward file: the name, and whose relative it is.

    Raises
    ------
    InputError
        The file is none.
    """
    found: dict[str, str] = {}
    content = read_ward(ward)
    for office in content.offices:
        for contact in office.centre:
            found |= dict.fromkeys(_addresses(contact), contact.name)
    for home in content.homes:
        for resident in home.residents:
            for contact in resident.contacts:
                title = f"{contact.name}({resident.name} {contact.relation})"
                found |= dict.fromkeys(_addresses(contact), title)
    return found


def _addresses(contact: WardContact) -> list[str]:
    addresses = [
        _last_part(way.address) if way.kind is Channel.WEBHOOK else way.address for way in contact.ways
    ]
    # Who signs in to the pages is known by login; a phone is linked to LINE under it.
    return [*addresses, line_user(contact.user)] if contact.user else addresses


def _last_part(url: str) -> str:
    return unquote(urlsplit(url).path).strip("/").rsplit("/", 1)[-1]
