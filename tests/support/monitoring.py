"""What a process of ours says at its port for monitors."""

from http.client import HTTPConnection


def answer(port: int, path: str) -> tuple[int, str]:
    """Return the status and the text of an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def figures(port: int) -> dict[str, float]:
    """Return all figures as they are served: `name` or `name{label="value"}`."""
    status, text = answer(port, "/metrics")
    assert status == 200
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}
