"""Commands for device profiles: what the fields of a model's messages measure and mean."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.domain.evidence.device_profile import FieldMeaning
from core.errors import InputError
from deploy.cli.connection import Work, work
from deploy.cli.quarantine import printable

if TYPE_CHECKING:
    from core.domain.evidence.device_profile import DeviceProfile, ProfileField

profiles = typer.Typer(
    help="What the fields of a model's messages measure and mean: look, enter, try, and let devices follow.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_Name = Annotated[
    str, typer.Argument(help="A profile by name, `NAME@VERSION` for an older version of it; or a TOML file.")
]
_DeviceIds = Annotated[list[str], typer.Argument(help="Ids of devices.")]


@profiles.command("list")
def list_profiles() -> None:
    """Show all profiles: those of the library, and those that were entered here.

    Example: [bold]mimamori device profile list[/bold]
    """
    from core.formats.profile_file import library
    from core.store.devices import profiles as store

    with work() as at:
        stored = {one.profile.name: one for one in store.newest(at.connection)}
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    for name in ("profile", "version", "maker", "model", "from", "devices"):
        table.add_column(name, overflow="fold")
    for name in sorted(stored.keys() | library().keys()):
        one = stored.get(name)
        profile = library()[name] if one is None else one.profile
        table.add_row(
            name,
            "" if one is None else str(profile.version),
            Text(profile.vendor),
            Text(profile.model),
            profile.source.replace("_", " "),
            "" if one is None else str(one.devices),
        )
    Console().print(table)


@profiles.command("show")
def show(name: _Name) -> None:
    """Show field by field what a profile reads.

    Example: [bold]mimamori device profile show browan-tbdw100[/bold]
    """
    with work() as at:
        profile = _profile(at, name)
    Console().print(_heading(profile))
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    for column in ("field", "channel", "is read as", "how", "proves"):
        table.add_column(column, overflow="fold")
    for one in profile.fields:
        table.add_row(
            Text(one.field or f"all {one.metric}"),
            Text("" if one.channel is None else one.channel),
            one.reads_as,
            Text(_how(one)),
            one.evidence or "",
        )
    Console().print(table)
    for document in profile.documents:
        print(f"from {document}")


@profiles.command("export")
def export(
    name: _Name,
    out: Annotated[Path | None, typer.Option(help="The file to write; without it, standard output.")] = None,
) -> None:
    """Write a profile as TOML, to change it or to give it to others.

    Example: [bold]mimamori device profile export browan-tbdw100 --out door.toml[/bold]
    """
    from core.formats.profile_file import profile_text

    with work() as at:
        text = profile_text(_profile(at, name))
    if out is None:
        print(text, end="")
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}") from error
    print(f"wrote {out}")


@profiles.command("import")
def take_in(file: Annotated[Path, typer.Argument(help="A TOML file; docs/devices.md shows one.")]) -> None:
    """Check and store a profile; under a known name it becomes the next version. No device follows it yet.

    Example: [bold]mimamori device profile import button.toml[/bold]
    """
    from api.actions import devices as actions
    from core.formats.profile_file import read_profile

    profile = read_profile(file)
    with work() as at:
        stored = actions.add_profile(at.action, profile)
    said = stored.profile
    print(
        f"{said.name} is version {said.version} now, with {len(said.fields)} fields. No device follows it by that: try it with\n"
        f"  mimamori device profile try {said.name} DEVICE\nand let devices follow it with\n"
        f"  mimamori device profile assign {said.name} DEVICE"
    )


@profiles.command("try")
def try_on(
    name: _Name,
    device_id: Annotated[str | None, typer.Argument(help="Id of a registered device.")] = None,
    sender: Annotated[str | None, typer.Option(help="Instead: a sender that nobody registered.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Instead: all devices of a model, registered or not.")
    ] = None,
) -> None:
    """Say what a profile would read of messages in quarantine and of the last week of their devices; nothing is changed.

    Example: [bold]mimamori device profile try button.toml button-7[/bold]
    """
    from api.actions.profile_trials import TriedOn, tried_on
    from ingest.commands.try_profile import try_profile

    if sum(one is not None for one in (device_id, sender, model)) != 1:
        raise InputError("name one of the three: the id of a device, --sender or --model")
    on = TriedOn(device_id, sender, model)
    with work() as at:
        profile = _profile(at, name)
        trial = try_profile(at.connection, profile, tried_on(at.connection, on, profile), at.now)
    of_whom = device_id or sender or f"{len(trial.devices)} devices of the model {model}"
    print(f"{trial.messages} messages of {of_whom} wait in quarantine")
    for one in trial.devices if model else ():
        if one.messages:
            called = one.device.device_id or f"{printable(one.device.sender)}, which nobody registered"
            print(f"  {one.messages} of {called}")
    for heading, found in (
        ("would be read", trial.read),
        ("would stay in quarantine", trial.refused),
        ("would not be read", trial.unread),
        ("stored in the last 7 days, would have been", trial.stored),
    ):
        if found:
            print(f"{heading}:")
            for what, count in found.most_common(20):
                print(f"  {count} times {printable(str(what))}")
    if not (trial.read or trial.stored):
        print("the profile would read nothing of them that is not read without it")


@profiles.command("assign")
def assign(
    name: Annotated[
        str,
        typer.Argument(
            help="A profile by name, or NAME@VERSION; `none` for none, `described` for what its bridge describes."
        ),
    ],
    device_ids: _DeviceIds,
    meaning: Annotated[
        FieldMeaning | None,
        typer.Option(
            help="What presses or states of these devices mean in their home; by default as it was."
        ),
    ] = None,
) -> None:
    """Let devices follow a profile from now on; what they sent before stays as it was read.

    Example: [bold]mimamori device profile assign browan-tbdw100 door-3 door-4[/bold]
    """
    from api.actions import devices as actions
    from core.formats.profile_file import NO_PROFILE

    with work() as at:
        wanted, version = _split(name)
        for device_id in device_ids:
            followed = actions.set_profile(
                at.action,
                device_id,
                actions.WayToRead(None if name == NO_PROFILE else wanted, version, meaning),
            )
            said = "no profile" if followed.stored is None else _versioned(followed.stored.profile)
            means = "" if followed.meaning is FieldMeaning.AS_MEASURED else f"; it means a {followed.meaning}"
            print(f"{device_id} follows {said} from now on{means}")
    print("What waits in quarantine is read by it too: mimamori quarantine release")


def _profile(at: Work, name: str) -> "DeviceProfile":
    """Return a profile from a file, of those stored here, or of the library."""
    from core.formats.profile_file import library, read_profile
    from core.store.devices import profiles as store

    if name.endswith(".toml") or "/" in name:
        return read_profile(Path(name))
    wanted, version = _split(name)
    found = store.find(at.connection, wanted, version)
    if found is None and version is None and wanted in library():
        return library()[wanted]
    return store.get(at.connection, wanted, version).profile if found is None else found.profile


def _split(name: str) -> tuple[str, int | None]:
    wanted, at_sign, version = name.partition("@")
    if at_sign and not version.isdigit():
        raise InputError(f"{name}: behind the @ stands the number of a version, such as {wanted}@2")
    return wanted, int(version) if at_sign else None


def _versioned(profile: "DeviceProfile") -> str:
    return f"{profile.name}, version {profile.version},"


def _heading(profile: "DeviceProfile") -> Text:
    maker = f"{profile.vendor} {profile.model}".strip()
    return Text(printable(f"{profile.name}, version {profile.version}{f': {maker}' if maker else ''}"))


def _how(one: "ProfileField") -> str:
    parts = [
        "" if one.meaning is FieldMeaning.AS_MEASURED else f"means a {one.meaning}",
        "" if one.bit is None else f"bit {one.bit}",
        f"true: {', '.join(one.raised)}" if one.raised else "",
        f"false: {', '.join(one.over)}" if one.over else "",
        f"in {one.unit}" if one.unit else "",
        "" if one.scale == 1.0 else f"times {one.scale:g}",
    ]
    return "; ".join(part for part in parts if part)
