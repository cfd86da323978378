"""How a device comes to its credential: a one-use code on its label, exchanged once for a password."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.credentials.broker_passwords import broker_hash, new_broker_password
from core.domain.broker_account import BrokerAccount
from core.errors import InputError
from core.store.database import Connection
from core.store.devices import broker_accounts

# Crockford's alphabet: no I, L, O and U, which are misread on a label and over the telephone.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
_GROUPS, _GROUP = 4, 4
# From the office to the home and back, over a weekend.
CODE_LASTS = timedelta(days=7)


@dataclass(frozen=True)
class Code:
    """A one-use code, shown now and never again."""

    account: BrokerAccount
    text: str
    expires_at: datetime


@dataclass(frozen=True)
class Credential:
    """With what an account signs in to the broker, shown now and never again."""

    account: BrokerAccount
    password: str


class UnknownCodeError(InputError):
    """A code that opens nothing; which of the reasons it is, nobody is shown."""


def new_credential(connection: Connection, account: BrokerAccount, now: datetime) -> Credential:
    """Give an account a credential at once; a former one ends."""
    broker_accounts.ensure(connection, account)
    password = new_broker_password()
    broker_accounts.issue(connection, account.name, broker_hash(password), now)
    return Credential(account, password)


def new_code(
    connection: Connection,
    account: BrokerAccount,
    now: datetime,
    *,
    user: int | None = None,
    lasts: timedelta = CODE_LASTS,
) -> Code:
    """Make a code for an account. A former code ends now, a former credential when the new one is fetched.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    account : Account
        For whom.
    now : datetime
        The machine's time.
    user : int, optional
        Who asked for it.
    lasts : timedelta
        How long it can be used.
    """
    broker_accounts.ensure(connection, account)
    text = new_text()
    expires_at = now + lasts
    broker_accounts.add_code(
        connection, account.name, code_hash(text), now=now, expires_at=expires_at, user=user
    )
    return Code(account, text, expires_at)


def new_text() -> str:
    """Return a fresh code of 80 random bits, in groups that are read out easily."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP))
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def exchange(connection: Connection, text: str, now: datetime) -> Credential:
    """Use a code up and return the credential; the account's former one ends.

    Raises
    ------
    UnknownCodeError
        The code is mistyped, used, withdrawn or too old.
    """
    account = broker_accounts.use_code(connection, code_hash(text), now)
    if account is None:
        raise UnknownCodeError(
            "this code opens nothing: it is mistyped, was used already, or is too old; ask for a new label"
        )
    return new_credential(connection, account, now)


def code_hash(text: str) -> bytes:
    """Return the hash of a code, however it was typed.

    Examples
    --------
    >>> code_hash("k7qm 2xnp 9rta 4whO") == code_hash("K7QM-2XNP-9RTA-4WH0")
    True
    """
    letters = "".join(letter for letter in text.upper().translate(_MISREAD) if letter in _ALPHABET)
    return hashlib.sha256(letters.encode()).digest()
