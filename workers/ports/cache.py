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

    def relate(self, keys_of: Mapping[str, Sequence[str]], *, ttl_s: int) -> None:
        """Note for each name that these keys hold something of it, whether they are there already or not.

        The note lasts until the last of all times to live that were given under that name is over.
        """
        ...

    def forget(self, name: str) -> Sequence[str]:
        """Delete all keys that were noted for `name`, and the note; those that were still there, in no order."""
        ...
