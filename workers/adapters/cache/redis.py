"""The Cache port over Redis or Valkey."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import RedisError

from workers.errors import ServiceUnavailable

PREFIX = "omnibus:"
"""Keeps our keys apart from Celery's, which share the server."""
LENGTHEN = "if redis.call('TTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], ARGV[1]) end"
"""What `EXPIRE ... GT` does, which Redis has since 7.0 only, and also where there is no time to live yet."""


class RedisCache:
    """Connects at first use; safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=10, socket_connect_timeout=2, health_check_interval=10)

    def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """See `ports.cache.Cache`."""
        if not keys:
            return []
        with _known_errors():
            values = self._redis.mget([PREFIX + key for key in keys])
        return [value if isinstance(value, bytes) else None for value in values]

    def put_many(self, values: Mapping[str, bytes], *, ttl_s: int) -> None:
        """See `ports.cache.Cache`."""
        with _known_errors(), self._redis.pipeline(transaction=False) as pipeline:
            for key, value in values.items():
                pipeline.set(PREFIX + key, value, ex=ttl_s)
            pipeline.execute()

    def claim(self, key: str, value: bytes, *, ttl_s: int) -> bool:
        """See `ports.cache.Cache`."""
        with _known_errors():
            return bool(self._redis.set(PREFIX + key, value, ex=ttl_s, nx=True))

    def delete(self, keys: Sequence[str]) -> None:
        """See `ports.cache.Cache`."""
        if keys:
            with _known_errors():
                self._redis.delete(*(PREFIX + key for key in keys))

    def relate(self, keys_of: Mapping[str, Sequence[str]], *, ttl_s: int) -> None:
        """See `ports.cache.Cache`. One round trip, whatever the number of names."""
        with _known_errors(), self._redis.pipeline(transaction=False) as pipeline:
            for name, keys in keys_of.items():
                if keys:
                    pipeline.sadd(_note(name), *keys)
                    pipeline.eval(LENGTHEN, 1, _note(name), ttl_s)
            pipeline.execute()

    def forget(self, name: str) -> Sequence[str]:
        """See `ports.cache.Cache`."""
        with _known_errors():
            keys = [key.decode() for key in self._redis.smembers(_note(name)) if isinstance(key, bytes)]
            with self._redis.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.delete(PREFIX + key)
                # Only what was seen: another process may have noted a key since.
                if keys:
                    pipeline.srem(_note(name), *keys)
                deleted = pipeline.execute()
        return [key for key, was_there in zip(keys, deleted, strict=False) if was_there]


def _note(name: str) -> str:
    return f"{PREFIX}related:{name}"


@contextmanager
def _known_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise ServiceUnavailable(f"the cache (Redis) does not answer: {error}") from error
