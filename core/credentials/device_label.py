"""The label that goes onto a device: its name, where it belongs in the home, and the way to its credential."""

from datetime import datetime
from xml.sax.saxutils import escape

import segno

from core.credentials.enrolment_codes import Code
from core.domain.people import Language
from core.texts.local_format import full_day

# Millimetres: fits the usual 62 mm tape of label printers, and eight on a sheet of A4.
_WIDTH, _HEIGHT, _QR = 90, 50, 38
_LONGEST_LINE = 26

_WORDS = {
    Language.JA: ("登録コード(1回だけ使えます)", "{day}まで"),
    Language.EN: ("Enrolment code (good once)", "until {day}"),
}


def enrolment_address(base_url: str, code: str) -> str:
    """Return what the QR code says; behind the # it stays in the phone, and out of every server's log."""
    return f"{base_url}/enrol#{code}"


def label_svg(
    code: Code, *, device_id: str, place: str, base_url: str, language: Language, expires_on: datetime
) -> str:
    """Return a printable label as SVG. It names a device and a room, never a person or an address.

    Parameters
    ----------
    code : Code
        The code to print.
    device_id, place : str
        The device's id, and the room or the thing it is on.
    base_url : str
        How phones reach the service.
    language : Language
        Of the words.
    expires_on : datetime
        When the code ends, in the zone of whoever reads the label.
    """
    address = enrolment_address(base_url, code.text)
    qr = segno.make(address, error="m", micro=False)
    modules = qr.symbol_size(border=4)[0]
    drawn = qr.svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None)
    inner = drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")]
    once, until = _WORDS[language]
    first, second = code.text[:9], code.text[10:]
    left = _QR + 4
    lines = [
        (10, 5.0, "bold", _short(device_id)),
        (16.5, 4.0, "normal", _short(place)),
        (24, 2.8, "normal", once),
        (31, 5.5, "bold", first),
        (37.5, 5.5, "bold", second),
        (43, 2.8, "normal", until.format(day=full_day(language, expires_on))),
    ]
    texts = "".join(
        f'<text x="{left}" y="{y}" font-size="{size}" font-weight="{weight}"'
        f' font-family="sans-serif">{escape(text)}</text>'
        for y, size, weight, text in lines
        if text
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}mm" height="{_HEIGHT}mm"'
        f' viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"><title>{escape(device_id)}</title>'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
        f'<svg x="2" y="6" width="{_QR}" height="{_QR}" viewBox="0 0 {modules} {modules}">{inner}</svg>'
        f"{texts}</svg>\n"
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_LINE else f"{text[: _LONGEST_LINE - 1]}…"
