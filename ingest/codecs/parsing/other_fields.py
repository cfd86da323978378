"""The fields of a message that a format does not know: a call among them is read, the others are named as not read."""

from collections.abc import Collection, Mapping

from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.result import Decoded


def read_other_fields(
    decoded: Decoded, body: Mapping[str, object], known: Collection[str], prefix: str = ""
) -> None:
    """Add to a message what its fields beside the known ones say.

    Parameters
    ----------
    decoded : Decoded
        What was read of the message so far; calls are merged into its readings.
    body : mapping
        An object of the message.
    known : collection of str
        Fields that were read, or that say nothing of the device.
    prefix : str
        Where in the message the object stands, as `event.`; names of unread fields begin with it.
    """
    others = [(key, value) for key, value in body.items() if value is not None and key not in known]
    if not others:
        return
    calls = CallFields(body)
    for key, value in others:
        if not calls.add(key, value):
            decoded.unread.append(f"{prefix}{key}")
    beside: list[str] = []
    decoded.readings = calls.merged([*decoded.readings], decoded.refused, beside)
    decoded.unread += [f"{prefix}{name}" for name in beside]
