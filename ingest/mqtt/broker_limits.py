"""What a broker says that it cannot do (MQTT 5, CONNACK), and what of it we cannot do without."""

from typing import Any

# Over the weekend and a holiday: what devices sent while we were away must still be there.
LEAST_SESSION_S = 4 * 24 * 3600
# A message of a bridge with twenty devices behind it; longer lists need what deploy/mosquitto/mosquitto.conf allows.
LEAST_PACKET_B = 64 * 1024


def refusal(properties: Any, *, session_s: int, is_shared: bool) -> str:
    """Return in words why we cannot work with a broker; empty if we can.

    Parameters
    ----------
    properties : paho.Properties or None
        Of its answer to our connection. What it does not mention it can.
    session_s : int
        How long we asked it to keep our session.
    is_shared : bool
        Whether several workers share the messages.
    """

    def said(name: str, default: int) -> int:
        value = getattr(properties, name, default)
        return default if value is None else int(value)

    lacks: list[str] = []
    if said("MaximumQoS", 2) < 1:
        lacks.append("it takes only QoS 0, so that messages are lost without a word (Mosquitto: max_qos 2)")
    kept_s = said("SessionExpiryInterval", session_s)
    if kept_s < min(session_s, LEAST_SESSION_S):
        lacks.append(
            f"it keeps our session for {kept_s} s only, so that what devices send while we are away is lost; it must keep it"
            f" for {LEAST_SESSION_S // 86400} days"
        )
    packet = said("MaximumPacketSize", LEAST_PACKET_B)
    if packet < LEAST_PACKET_B:
        lacks.append(
            f"it takes messages of {packet} bytes at most, and cuts off a bridge that lists its devices; let it take 4 MB"
            " (Mosquitto: max_packet_size 4194304)"
        )
    if not said("RetainAvailable", 1):
        lacks.append(
            "it keeps no retained messages, and cuts off whoever sends one, as bridges do (Mosquitto: retain_available true)"
        )
    if not said("WildcardSubscriptionAvailable", 1):
        lacks.append(
            "it gives no subscription with wildcards, so that we would have to know each device's topics"
        )
    if is_shared and not said("SharedSubscriptionAvailable", 1):
        lacks.append(
            "it has no shared subscriptions, so that workers of a group receive nothing (MIMAMORI_INGEST_GROUP): leave it empty,"
            " or use a broker that has them"
        )
    return f"this broker will not do: {'; '.join(lacks)}" if lacks else ""
