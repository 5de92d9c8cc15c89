"""Redis or Valkey: reachable, the right password, new enough, and set to keep what it is given."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, NoPermissionError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry

from omnibus.doctor.finding import Fault, Finding, error, fault, ok, warning
from omnibus.doctor.reach import CHECK_S, REDIS, host_and_port, listens
from omnibus.settings import Settings

OLDEST = (6, 2)
"""The first with SET … GET and exact expiry; what Celery's transport is tested with."""


def reach_redis(settings: Settings, timeout_s: float = CHECK_S) -> Mapping[str, Any]:
    """What it says of itself (INFO). Raises `Fault`."""
    advice = REDIS.advice(settings)
    url = settings.redis
    try:
        address = where(url)
        if not url.startswith("unix://"):
            listens(REDIS, address, advice, timeout_s)
        options: dict[str, Any] = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
        with Redis.from_url(url, retry=Retry(NoBackoff(), 0), **options) as client:
            info: Mapping[str, Any] = client.info()
    except ValueError:
        # What the problem quotes of the address may be of its password.
        found = f"Redis: {REDIS.variable} cannot be read"
        advice = "write redis://:PASSWORD@host:port/0, with / as %2F, # as %23, ? as %3F and % as %25 in the password"
        raise Fault(found, advice) from None
    except RedisError as problem:
        raise _explained(problem, address, advice) from problem
    return info


def check_redis(settings: Settings) -> Sequence[Finding]:
    """Whether it can be used, and keeps what it is given."""
    try:
        info = reach_redis(settings)
    except Fault as found:
        return [fault("redis", found)]
    return judge(info, where(settings.redis))


def judge(info: Mapping[str, Any], at: str) -> list[Finding]:
    """Of what INFO says: version, what happens when memory is full, what a restart forgets."""
    name = "Valkey" if info.get("server_name") == "valkey" else "Redis"
    told = str(info.get("valkey_version") or info.get("redis_version", "0"))
    if version(str(info.get("redis_version", "0"))) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        return [error("redis", f"{name} at {at} is version {told}", f"install {wanted} or newer")]
    findings = [ok("redis", f"{name} {told} at {at} answers")]
    policy = info.get("maxmemory_policy", "noeviction")
    if policy.startswith("allkeys"):
        found = f"{name} at {at} drops keys when its memory is full (maxmemory-policy {policy}), tasks among them"
        findings.append(warning("redis", found, "set maxmemory-policy volatile-lru"))
    elif policy == "noeviction" and int(info.get("maxmemory", 0)):
        found = f"{name} at {at} takes no tasks when the embeddings of a week have filled its memory (noeviction)"
        findings.append(warning("redis", found, "set maxmemory-policy volatile-lru: it drops the longest unused"))
    if not int(info.get("aof_enabled", 0)):
        found = f"{name} at {at} forgets what it was given since its last snapshot when it restarts"
        findings.append(warning("redis", found, "set appendonly yes; until then, such work waits for its lease"))
    return findings


def version(text: str) -> tuple[int, ...]:
    """The numbers of "7.0.15"."""
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def where(url: str) -> str:
    """The address without its password."""
    if url.startswith("unix://"):
        return url
    host, port = host_and_port(url, 6379)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _explained(problem: RedisError, at: str, advice: str) -> Fault:
    if isinstance(problem, BusyLoadingError):
        return Fault(f"Redis at {at} is still reading its file", "wait; it answers when that is done")
    if isinstance(problem, NoPermissionError):
        return Fault(f"Redis at {at} refuses INFO to this user", "allow it: ACL SETUSER <name> +info")
    refused = isinstance(problem, AuthenticationError) or str(problem).startswith(("NOAUTH", "WRONGPASS"))
    if refused:
        return Fault(f"Redis at {at} refuses the password", f"correct it in {REDIS.variable}: redis://:PASSWORD@{at}/0")
    if isinstance(problem, ResponseError):
        return Fault(f"Redis at {at} says: {problem}", f"correct {REDIS.variable}")
    if isinstance(problem, RedisTimeout):
        return Fault(f"Redis: what listens at {at} does not answer", advice)
    return Fault(f"Redis: what listens at {at} does not answer as Redis does", f"correct {REDIS.variable}")
