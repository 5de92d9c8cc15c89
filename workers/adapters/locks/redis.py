"""The Locks port over one Redis or Valkey server.

Many names are taken in one round trip, all or none of them, by a script that the server runs as one step; redis-py's
own lock takes one name at a time. Each name is a key with a time to live and the holder's token as its value, as the
Redis documentation has it ("Distributed Locks with Redis", the correct implementation with a single instance).

A server that loses its last second in a crash (`appendfsync everysec`) forgets the locks of that second: then there
may be two holders, as there are when a holder stalls.
"""

import logging
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from random import uniform
from time import monotonic, sleep

from redis import Redis
from redis.exceptions import RedisError

from workers.errors import ServiceUnavailable
from workers.ports.locks import Renew

PREFIX = "omnibus:lock:"
"""Keeps these keys apart from the cache's and from Celery's, which share the server."""
LIMIT_S = 30.0
"""How long a lock is held without being renewed. The steps between took a tenth of it at most."""
WAIT_S = 45.0
"""How long to wait for others: longer than the limit, so that the lock of a holder that died is waited for."""
AGAIN_S = (0.002, 0.02)
"""Between two tries, at random: waiting callers do not ask in step."""

# A try whose answer was lost may come twice: what the token holds already is free for it.
TAKE = """
for _, key in ipairs(KEYS) do
  local holder = redis.call('GET', key)
  if holder and holder ~= ARGV[1] then return 0 end
end
for _, key in ipairs(KEYS) do redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end
return 1
"""
RENEW = """
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) ~= ARGV[1] then return 0 end
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[2]) end
return 1
"""
LET_GO = """
local held = 0
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then held = held + redis.call('DEL', key) end
end
return held
"""


class RedisLocks:
    """Connects at first use; safe to use from several threads."""

    def __init__(self, url: str, *, limit_s: float = LIMIT_S, wait_s: float = WAIT_S) -> None:
        redis = Redis.from_url(url, socket_timeout=10, socket_connect_timeout=2, health_check_interval=10)
        self._take = redis.register_script(TAKE)
        self._renew = redis.register_script(RENEW)
        self._let_go = redis.register_script(LET_GO)
        self._limit_s = limit_s
        self._wait_s = wait_s

    @contextmanager
    def held(self, names: Collection[str]) -> Iterator[Renew]:
        """See `ports.locks.Locks`."""
        keys, token = [PREFIX + name for name in sorted(set(names))], secrets.token_hex(16)
        if not keys:
            yield lambda: None
            return
        self._wait_for(keys, token)
        try:
            yield lambda: self._keep(keys, token)
        finally:
            self._leave(keys, token)

    def _wait_for(self, keys: list[str], token: str) -> None:
        give_up = monotonic() + self._wait_s
        with _known_errors():
            while not self._take(keys=keys, args=[token, int(self._limit_s * 1000)]):
                if monotonic() > give_up:
                    raise ServiceUnavailable(f"others held what is to be written for more than {self._wait_s:.0f} s")
                sleep(uniform(*AGAIN_S))  # noqa: S311 - not a secret

    def _keep(self, keys: list[str], token: str) -> None:
        with _known_errors():
            if not self._renew(keys=keys, args=[token, int(self._limit_s * 1000)]):
                raise ServiceUnavailable(f"a write took more than {self._limit_s:.0f} s, and others may write now")

    def _leave(self, keys: list[str], token: str) -> None:
        """Let go. What was done under the locks is done, so a failure here is only worth a line in the log."""
        log = logging.getLogger(__name__)
        try:
            if self._let_go(keys=keys, args=[token]) < len(keys):
                log.warning(
                    "held %d locks for more than %.0f s; others may have written meanwhile", len(keys), self._limit_s
                )
        except (RedisError, OSError) as error:
            log.warning("locks were not let go and end by themselves in %.0f s: %s", self._limit_s, error)


@contextmanager
def _known_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise ServiceUnavailable(f"the locks (Redis) do not answer: {error}") from error
