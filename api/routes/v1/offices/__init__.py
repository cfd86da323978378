"""How the work of an office goes: how soon alerts are answered, and what other programs did not take."""
