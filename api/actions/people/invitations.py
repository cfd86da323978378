"""Invitations in place of passwords: staff make a one-time link, and who gets it chooses a password nobody else knows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from api.access import visibility
from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from api.actions.signing_in.own_account import require_good_password
from api.http.rate_limit import RateLimit
from core.credentials import enrolment_codes
from core.credentials.breached_passwords import BreachedPasswords
from core.credentials.enrolment_codes import UnknownCodeError
from core.credentials.passwords import hash_password
from core.domain.people import User
from core.logs import get_logger
from core.store.database import Database
from core.store.people import users
from core.store.people.records import invitations

_log = get_logger(__name__)
# From the office to the family, over a weekend.
INVITATION_LASTS = timedelta(days=7)


@dataclass(frozen=True)
class InvitationLink:
    """The code of a link, shown now and never again."""

    code: str
    expires_at: datetime

    def address(self, base_url: str) -> str:
        """Return what the QR code says; behind the # the code stays in the phone, and out of every server's log."""
        return f"{base_url}/invitation#{self.code}"


def invite(context: ActionContext, account: int, *, machine_now: datetime) -> InvitationLink:
    """Return a one-time link for an account; a former one ends. Whoever uses it is signed out elsewhere.

    Raises
    ------
    NotFoundError
        There is no such account, or the viewer may not know.
    RefusedError
        The account is kept out.
    """
    found = visibility.account_for(context.connection, context.viewer, account)
    if not found.details.is_active:
        raise RefusedError("is_active", "account_ended")
    code = enrolment_codes.new_text()
    expires_at = machine_now + INVITATION_LASTS
    invitations.issue(
        context.connection,
        account,
        enrolment_codes.code_hash(code),
        by=context.viewer.number,
        now=machine_now,
        expires_at=expires_at,
    )
    return InvitationLink(code, expires_at)


def choose_password(
    database: Database,
    code: str,
    password: str,
    *,
    wrong_codes: RateLimit,
    breached: BreachedPasswords,
    peer: str,
    machine_now: datetime,
) -> User:
    """Set the password of whoever was invited, use the link up, and return the account.

    Parameters
    ----------
    database : Database
        Two short transactions are used, none while the password is being hashed.
    code, password : str
        As typed.
    wrong_codes : RateLimit
        Counts wrong codes by `peer`.
    breached : BreachedPasswords
        What nobody may choose.
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
    RefusedError
        The password is too short or too long, or easily guessed.
    """
    wrong_codes.check(peer, machine_now)
    require_good_password(password, None, breached)
    hashed = enrolment_codes.code_hash(code)
    with database.transaction() as connection:
        user = invitations.invited(connection, hashed, machine_now)
        owner = None if user is None else users.get(connection, user)
    if user is not None:
        require_good_password(password, owner, breached)
        chosen = hash_password(password)
        with database.transaction() as connection:
            if invitations.use(connection, hashed, machine_now):
                users.set_password(connection, user, chosen)
                _log.info("invitation_used")
                return users.get(connection, user)
    wrong_codes.count(peer, machine_now)
    _log.info("invitation_refused")
    raise UnknownCodeError("this link opens nothing: it was used already, or is too old; ask for a new one")
