"""Texts from outside as the database can hold them."""


def storable(text: str) -> str:
    """Return a text without what PostgreSQL refuses: it has no NUL, and half of a surrogate pair is no UTF-8."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()
