"""Gauges that processes write into the cache for `omnibus status` to read."""

IN_FLIGHT_S = 10
"""How long a gauge stands after its process last wrote it, in seconds."""


def in_flight_key(kind: str) -> str:
    """The cache key under which the dispatcher of this kind says how many records it has in flight."""
    return f"in-flight:{kind}"
