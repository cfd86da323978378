"""The login of the web process in the tests' database server; alone here, since what sets it up needs nothing of the web process."""

WEB_LOGIN = "mimamori_web"
"""The login of the web process, and its password."""
