"""Commands with which devices get, change and lose their credentials for the broker."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from core.errors import InputError, MimamoriError
from deploy.cli.connection import Work, work

if TYPE_CHECKING:
    from core.credentials.enrolment_codes import Credential
    from core.settings import Settings

# Taken up by `mimamori device`.
credentials = typer.Typer()
_DeviceId = Annotated[str, typer.Argument(help="Printed on the label.")]
_TIMEOUT_S = 15.0


class EnrolmentError(MimamoriError):
    """The service did not hand over a credential."""

    exit_code = 69  # EX_UNAVAILABLE


@credentials.command("label")
def label(
    device_id: _DeviceId,
    out: Annotated[Path, typer.Option(help="Where to write the label (SVG, 90 by 50 mm).", dir_okay=False)],
) -> None:
    """Write a label with a new one-use code. The former credential holds until the new one is fetched.

    Example: [bold]mimamori device label hall-1 --out hall-1.svg[/bold]
    """
    with work() as at:
        write_label(at, device_id, out)


@credentials.command("rotate")
def rotate(device_id: _DeviceId) -> None:
    """Make a new credential and print it; the former one ends at once. To change it without a gap, use a label.

    Example: [bold]mimamori device rotate hall-1[/bold]
    """
    from core.clock import SystemClock
    from core.credentials import enrolment_codes
    from core.store.devices.registry import account_for

    with work() as at:
        account = account_for(at.connection, device_id)
        print_credential(
            at.settings, enrolment_codes.new_credential(at.connection, account, SystemClock().now())
        )


@credentials.command("revoke")
def revoke(device_id: _DeviceId) -> None:
    """Take a device's credential away, and its open code; it is cut off within seconds. It stays registered.

    Example: [bold]mimamori device revoke hall-1[/bold]
    """
    from api.actions.device_credentials import revoke_credential
    from core.clock import SystemClock

    with work() as at:
        account = revoke_credential(at.action, device_id, machine_now=SystemClock().now())
    who = (
        f"{account.name} and everything that publishes through it" if account.name != device_id else device_id
    )
    print(f"{who} may not sign in any more")


@credentials.command("enrol")
def enrol(
    code: Annotated[str, typer.Argument(help="The code on the label.")],
    at: Annotated[
        str | None, typer.Option(help="The service's address, such as https://mimamori.example.jp.")
    ] = None,
) -> None:
    """Fetch a device's credential for the code on its label, from anywhere: needs no database.

    Example: [bold]mimamori device enrol K7QM-2XNP-9RTA-4WHC --at https://mimamori.example.jp[/bold]
    """
    if at is None:
        from core.settings import load_settings

        at = load_settings().base_url
    parts = urlsplit(at)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(f"--at {at}: needs a web address such as https://mimamori.example.jp")
    print(json.dumps(_exchange(at.rstrip("/"), code), indent=2, ensure_ascii=False))


def write_label(at: Work, device_id: str, out: Path) -> None:
    """Make a code for a device and write its label."""
    from zoneinfo import ZoneInfo

    from core.clock import SystemClock
    from core.credentials import enrolment_codes
    from core.credentials.device_label import enrolment_address, label_svg
    from core.domain.people import Language
    from core.store.devices import registry

    device = registry.device_in_use(at.connection, device_id)
    account = registry.account_for(at.connection, device_id)
    code = enrolment_codes.new_code(at.connection, account, SystemClock().now())
    expires_on = code.expires_at.astimezone(ZoneInfo(at.settings.time_zone))
    drawn = label_svg(
        code,
        device_id=account.name,
        place=device.place if account.name == device_id else "",
        base_url=at.settings.base_url,
        language=Language.JA,
        expires_on=expires_on,
    )
    try:
        out.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}") from error
    print(
        f"{out}: the label of {account.name}, good once until {expires_on:%Y-%m-%d}\n"
        f"address: {enrolment_address(at.settings.base_url, code.text)}"
    )


def print_credential(settings: "Settings", made: "Credential") -> None:
    """Show a credential, once."""
    account = made.account
    print(
        f"It publishes under: {account.publishes}\n"
        f"broker: {settings.devices_address}\n"
        f"user and client id: {account.name}\n"
        f"password, shown only now: {made.password}"
    )


def _exchange(base_url: str, code: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - the address was checked to be http or https
        f"{base_url}/api/v1/enrolments",
        data=json.dumps({"code": code}).encode(),
        headers={"Content-Type": "application/json", "Origin": base_url},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        raise EnrolmentError(_problem(error)) from error
    except (OSError, ValueError) as error:
        raise EnrolmentError(f"cannot reach {base_url}: {getattr(error, 'reason', error)}") from error


def _problem(error: urllib.error.HTTPError) -> str:
    try:
        problem: dict[str, Any] = json.load(error)
        return f"{problem['detail']}; {problem['next']}"
    except (OSError, ValueError, KeyError, TypeError):
        return f"the service answered {error.code}; is that its address?"
