"""Offices, accounts of staff and families, and the invitations with which they choose a password."""

from fastapi import APIRouter, Request

from api.access import visibility
from api.actions.context import ActionContext
from api.actions.people import accounts, contacts, invitations, offices
from api.actions.people.contacts import NewChannel
from api.actions.signing_in import second_factor
from api.dependencies import (
    NOBODY_ASKED,
    Admin,
    AdminProven,
    ConnectionDep,
    DatabaseDep,
    MachineNowDep,
    NowDep,
    SettingsDep,
    Staff,
    StaffProven,
)
from api.http import cookies
from api.schemas.common import Number
from api.schemas.people.accounts import (
    AccountChange,
    AccountIn,
    AccountNew,
    AccountOut,
    InvitationOut,
    LinkedResidentOut,
    LinksIn,
    OfficeFieldsChange,
    OfficeIn,
    OfficeRecordOut,
    PasswordIn,
)
from api.schemas.people.records import ContactNew, ContactRecordOut
from core.credentials.sealed_values import sealer_of
from core.store.people import users
from core.store.people.records import record_lists, stored_records
from core.store.people.watch_changes import Concerned

router = APIRouter(tags=["accounts"])


@router.post("/offices", status_code=201, summary="Register an office")
def add_office(viewer: Admin, body: OfficeIn, connection: ConnectionDep, now: NowDep) -> OfficeRecordOut:
    """Register an office."""
    return OfficeRecordOut.of(offices.add(ActionContext(connection, viewer, now), body.to_details()))


@router.get("/offices/{number}", summary="An office's fields")
def read_office(viewer: Staff, number: Number, connection: ConnectionDep) -> OfficeRecordOut:
    """Return what is filled in about an office, with its version; staff their own."""
    return OfficeRecordOut.of(visibility.centre_for(connection, viewer, number))


@router.patch("/offices/{number}", summary="Change an office, or end it")
def change_office(
    viewer: Admin, number: Number, body: OfficeFieldsChange, connection: ConnectionDep, now: NowDep
) -> OfficeRecordOut:
    """Change fields of an office; `is_active` false ends it."""
    context = ActionContext(connection, viewer, now)
    return OfficeRecordOut.of(offices.change(context, number, body.changes, version=body.version))


@router.post(
    "/offices/{number}/contacts", status_code=201, summary="Register a contact of an office's centre"
)
def add_centre_contact(
    *,
    viewer: Staff,
    number: Number,
    body: ContactNew,
    connection: ConnectionDep,
    now: NowDep,
    settings: SettingsDep,
) -> ContactRecordOut:
    """Register a contact of an office's centre, who is notified at any hour; staff of their own."""
    sent = body.channel
    channel = NewChannel(sent.kind, sent.address, sent.language, sealer_of(settings.secret_keys))
    context = ActionContext(connection, viewer, now)
    return ContactRecordOut.of(contacts.add(context, Concerned(office=number), body.to_details(), channel))


@router.get("/accounts", summary="Everybody who can sign in")
def list_accounts(_viewer: Admin, connection: ConnectionDep) -> list[AccountOut]:
    """Return all accounts, also those kept out."""
    found = users.list_all(connection)
    return [
        AccountOut.of(stored_records.get(connection, stored_records.ACCOUNT, one.number)) for one in found
    ]


@router.post("/accounts", status_code=201, summary="Register an account")
def add_account(viewer: Staff, body: AccountNew, connection: ConnectionDep, now: NowDep) -> AccountOut:
    """Register somebody who signs in once they used an invitation; care staff only families of their residents."""
    details = AccountIn(**body.model_dump(exclude={"residents"})).to_details()
    return AccountOut.of(accounts.add(ActionContext(connection, viewer, now), details, body.residents))


@router.get("/accounts/{number}", summary="An account's fields")
def read_account(viewer: Staff, number: Number, connection: ConnectionDep) -> AccountOut:
    """Return what is filled in about an account, with its version."""
    return AccountOut.of(visibility.account_for(connection, viewer, number))


@router.patch("/accounts/{number}", summary="Change an account, or keep it out")
def change_account(
    *,
    viewer: Staff,
    number: Number,
    body: AccountChange,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
) -> AccountOut:
    """Change fields of an account; `is_active` false keeps them out."""
    context = ActionContext(connection, viewer, now)
    changed = accounts.change(context, number, body.changes, version=body.version, machine_now=machine_now)
    return AccountOut.of(changed)


@router.get("/accounts/{number}/residents", summary="The residents of a family's account")
def list_links(viewer: Staff, number: Number, connection: ConnectionDep) -> list[LinkedResidentOut]:
    """Return whom a family's account may see."""
    visibility.account_for(connection, viewer, number)
    return [LinkedResidentOut.model_validate(one) for one in record_lists.family_of(connection, number)]


@router.put("/accounts/{number}/residents", status_code=204, summary="Link a family's account to residents")
def set_links(viewer: Staff, number: Number, body: LinksIn, connection: ConnectionDep, now: NowDep) -> None:
    """Let a family's account see exactly these residents."""
    accounts.link(ActionContext(connection, viewer, now), number, body.residents)


@router.post("/accounts/{number}/invitation", status_code=201, summary="Invite somebody")
def invite(
    *,
    viewer: StaffProven,
    number: Number,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
    settings: SettingsDep,
) -> InvitationOut:
    """Make a one-time link, good for a week, with which somebody chooses their password; a former link ends."""
    context = ActionContext(connection, viewer, now)
    made = invitations.invite(context, number, machine_now=machine_now)
    return InvitationOut(address=made.address(settings.base_url), expires_at=made.expires_at)


@router.delete(
    "/accounts/{number}/second-factor", status_code=204, summary="Switch somebody's second factor off"
)
def switch_second_factor_off(
    viewer: AdminProven, number: Number, connection: ConnectionDep, now: NowDep
) -> None:
    """For whoever lost the phone and the recovery codes: they sign in with the password alone until they set it up anew."""
    second_factor.switch_off(ActionContext(connection, viewer, now), number)


@router.post("/invitations", status_code=204, summary="Choose a password", dependencies=[NOBODY_ASKED])
def choose_password(
    request: Request, body: PasswordIn, database: DatabaseDep, machine_now: MachineNowDep
) -> None:
    """Use an invitation up and set the password; all sessions of the account end."""
    invitations.choose_password(
        database,
        body.code,
        body.password,
        wrong_codes=request.app.state.wrong_codes,
        breached=request.app.state.breached_passwords,
        peer=cookies.peer_of(request),
        machine_now=machine_now,
    )
