"""The HTML pages: rendered on the server, usable without scripts, live with them."""

from fastapi import APIRouter

from api.pages import api_tokens, notifications, own_account, second_factor, sign_in, simulation
from api.pages import help as guide
from api.pages.alerts import answer_link as answer
from api.pages.alerts import deliveries
from api.pages.alerts import history as alerts
from api.pages.backtests import form as backtests
from api.pages.devices import connection, enrolment, placement, profiles, proposals, walk_test
from api.pages.devices import detail as one_device
from api.pages.devices import index as equipment
from api.pages.errors import error_page
from api.pages.offices import duty, policy, response_times, tonight, unwatched, webhook_events
from api.pages.overview import alarm, board, family, statistics
from api.pages.people import (
    account_record,
    contact_link,
    contact_record,
    home_record,
    invitation,
    ledger,
    office_record,
    people_import,
    personal_data,
    preferences,
    resident_record,
)
from api.pages.residents import absences, escalation, prompts, quiet_limits
from api.pages.residents import geofences as zones
from api.pages.residents import index as residents

router = APIRouter(include_in_schema=False)
for _part in (
    sign_in,
    own_account,
    second_factor,
    api_tokens,
    alarm,
    notifications,
    board,
    # Before the pages of one resident, or "new" would be taken for a number.
    resident_record,
    contact_record,
    home_record,
    office_record,
    account_record,
    invitation,
    people_import,
    personal_data,
    ledger,
    residents,
    absences,
    escalation,
    policy,
    duty,
    tonight,
    unwatched,
    response_times,
    webhook_events,
    backtests,
    zones,
    quiet_limits,
    prompts,
    alerts,
    deliveries,
    equipment,
    connection,
    placement,
    walk_test,
    one_device,
    profiles,
    proposals,
    family,
    statistics,
    answer,
    contact_link,
    preferences,
    guide,
    enrolment,
    simulation,
):
    router.include_router(_part.router)

__all__ = ["error_page", "router"]
