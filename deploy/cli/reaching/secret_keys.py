"""`mimamori secret`: the keys with which addresses that open something are encrypted in the database."""

import typer

from deploy.cli.connection import work

secret_keys = typer.Typer(
    no_args_is_help=True,
    help="Keys for the addresses of webhooks and chats, which stand encrypted in the database.",
)


@secret_keys.command("new-key")
def make_key() -> None:
    """Print a fresh key in the form of MIMAMORI_SECRET_KEYS; nothing is stored.

    To change keys, put the new one before the present ones, restart all processes, run `mimamori secret rotate`, and take the
    old ones out.

    Example: [bold]mimamori secret new-key > /etc/mimamori/secret-keys[/bold]
    """
    from core.credentials.sealed_values import new_key, next_number
    from core.settings import load_settings

    print(new_key(next_number(load_settings().secret_keys)))


@secret_keys.command("new-push-key")
def make_push_key() -> None:
    """Print a fresh key in the form of MIMAMORI_PUSH_KEY, which signs notifications to browsers; nothing is stored.

    Example: [bold]mimamori secret new-push-key > /etc/mimamori/push-key[/bold]
    """
    from core.credentials.push_key import new_push_key

    print(new_push_key())


@secret_keys.command("rotate")
def rotate() -> None:
    """Encrypt with the first key all that is readable, or encrypted with another one.

    Example: [bold]mimamori secret rotate[/bold]
    """
    from core.credentials.sealed_values import SecretKeyMissingError, sealer_of
    from core.store.people import contact_channels
    from core.store.people.signing_in import second_factors

    with work() as at:
        sealer = sealer_of(at.settings.secret_keys)
        if sealer is None:
            raise SecretKeyMissingError
        count = contact_channels.seal_all(at.connection, sealer)
        factors = second_factors.seal_anew(at.connection, sealer)
    print(f"{count} addresses encrypted anew" if count else "all addresses are encrypted with the first key")
    if factors:
        print(f"{factors} second factors encrypted anew")
