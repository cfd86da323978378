"""How every MQTT client of ours ends."""

import paho.mqtt.client as mqtt


def close_client(client: mqtt.Client) -> None:
    """Disconnect, wait for the network thread and close every socket of the client, also those that paho keeps.

    paho closes the pair of sockets that wakes its network thread only when the client is collected. A client whose callbacks
    belong to its owner is collected with it at any time, and perhaps after its sockets.
    """
    client.disconnect()
    client.loop_stop()
    client._reset_sockets()  # pyright: ignore[reportPrivateUsage] - paho has no public name for it
