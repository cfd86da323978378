"""Where providers report what became of messages, and which buttons and keys were pressed; every request is signed."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, cast
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Header, Request, Response

from api.access.refusals import ForbiddenError
from api.actions.provider_reports import PressResult, press_key, take_line_events, take_receipt
from api.dependencies import NOBODY_ASKED, ConnectionDep, NowDep, SettingsDep
from api.locale import words_of
from core.credentials.provider_signatures import is_same, line_signature, twilio_signature
from core.errors import InputError
from core.formats.call_document import last_document, question_document
from core.settings import Settings

router = APIRouter(prefix="/provider", dependencies=[NOBODY_ASKED], include_in_schema=False)
_Signature = Annotated[str, Header()]


async def _raw_body(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw_body)]


def _twilio_fields(
    request: Request, settings: SettingsDep, body: RawBody, x_twilio_signature: _Signature = ""
) -> Mapping[str, str]:
    """Return the fields of a report, or refuse one that is not signed for exactly this address.

    Raises
    ------
    ForbiddenError
        The signature is wrong, or no provider is set up.
    """
    fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    token = settings.twilio_token.get_secret_value()
    # What the provider signed is our public address, which a proxy may have changed on the way.
    url = f"{settings.base_url}{request.url.path}"
    if not token or not is_same(twilio_signature(token, url, fields), x_twilio_signature):
        raise ForbiddenError("the report is not signed by the provider")
    return dict(fields)


TwilioFields = Annotated[Mapping[str, str], Depends(_twilio_fields)]


@router.post("/twilio/receipt/{key}", status_code=204)
def receive_receipt(key: str, fields: TwilioFields, connection: ConnectionDep, now: NowDep) -> None:
    """Take what became of a short message or call."""
    take_receipt(connection, key, fields, now)


@router.post("/twilio/key/{key}")
def receive_key(
    key: str, fields: TwilioFields, connection: ConnectionDep, now: NowDep, settings: SettingsDep
) -> Response:
    """Take the key that was pressed in a call, and return what it says next."""
    press = press_key(connection, key, fields.get("Digits", ""), now)
    words = words_of(press.language)
    if press.result is PressResult.AGAIN and press.spoken:
        action = f"{settings.base_url}/provider/twilio/key/{key}"
        document = question_document(press.spoken, press.language, action)
    else:
        document = last_document(words(f"call.{press.result.value}"), press.language)
    return Response(document, media_type="text/xml")


@router.post("/line")
def receive_line(
    body: RawBody,
    settings: SettingsDep,
    connection: ConnectionDep,
    now: NowDep,
    x_line_signature: _Signature = "",
) -> dict[str, int]:
    """Take what LINE reports: pressed buttons, codes, who came and who left."""
    events = _line_events(settings, body, x_line_signature)
    return {"events": take_line_events(connection, events, now)}


def _line_events(settings: Settings, body: bytes, signature: str) -> list[Mapping[str, Any]]:
    secret = settings.line_secret.get_secret_value()
    if not secret or not is_same(line_signature(secret, body), signature):
        raise ForbiddenError("the report is not signed by LINE")
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("the report is not JSON") from error
    events = cast("Mapping[str, object]", found).get("events") if isinstance(found, Mapping) else None
    listed = cast("list[object]", events) if isinstance(events, list) else []
    return [cast("Mapping[str, Any]", one) for one in listed if isinstance(one, Mapping)]
