"""The cache: small things that several processes share for a while. Losing it costs time, never data."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Cache(Protocol):
    """Bytes under string keys, each with a time to live in seconds. Raises `ServiceUnavailable` when out of reach."""

    def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """The values in the order of the keys; None where there is none or it has expired."""
        ...

    def put_many(self, values: Mapping[str, bytes], *, ttl_s: int) -> None:
        """Store all values, over whatever was there."""
        ...

    def claim(self, key: str, value: bytes, *, ttl_s: int) -> bool:
        """Store `value` if nothing is under `key`; whether it was stored. Of many callers at once, one gets True."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Forget these keys; unknown ones are passed over."""
        ...
