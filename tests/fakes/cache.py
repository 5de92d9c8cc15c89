"""The Cache port over a dict, on a clock that the test may hold."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from time import monotonic

from workers.errors import ServiceUnavailable


class DictCache:
    """`clock` gives seconds. With `away` set, it does not answer."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._values: dict[str, tuple[bytes, float]] = {}
        self._related: dict[str, tuple[set[str], float]] = {}
        self.away = False

    def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        self._answer()
        with self._lock:
            return [self._get(key) for key in keys]

    def put_many(self, values: Mapping[str, bytes], *, ttl_s: int) -> None:
        self._answer()
        with self._lock:
            for key, value in values.items():
                self._values[key] = (value, self._clock() + ttl_s)

    def claim(self, key: str, value: bytes, *, ttl_s: int) -> bool:
        self._answer()
        with self._lock:
            if self._get(key) is not None:
                return False
            self._values[key] = (value, self._clock() + ttl_s)
            return True

    def delete(self, keys: Sequence[str]) -> None:
        self._answer()
        with self._lock:
            for key in keys:
                self._values.pop(key, None)

    def relate(self, keys_of: Mapping[str, Sequence[str]], *, ttl_s: int) -> None:
        self._answer()
        with self._lock:
            for name, keys in keys_of.items():
                if keys:
                    noted, ends = self._noted(name), self._clock() + ttl_s
                    if noted:
                        ends = max(ends, self._related[name][1])
                    self._related[name] = (noted | set(keys), ends)

    def forget(self, name: str) -> Sequence[str]:
        self._answer()
        with self._lock:
            there = [key for key in self._noted(name) if self._get(key) is not None]
            for key in there:
                del self._values[key]
            self._related.pop(name, None)
            return there

    def _noted(self, name: str) -> set[str]:
        keys, ends = self._related.get(name, (set(), 0.0))
        return keys if ends > self._clock() else set()

    def _get(self, key: str) -> bytes | None:
        value, ends = self._values.get(key, (None, 0.0))
        return value if ends > self._clock() else None

    def _answer(self) -> None:
        if self.away:
            raise ServiceUnavailable("the cache does not answer")
