"""The table of checks, by stack, and how they are run: side by side, each with a limit, none of them able to fail."""

from collections.abc import Callable, Mapping, Sequence

from omnibus.doctor.clock import check_clock
from omnibus.doctor.disk import check_disk
from omnibus.doctor.finding import Finding, error
from omnibus.doctor.index import check_index
from omnibus.doctor.kafka import check_broker, check_topics
from omnibus.doctor.models import check_models
from omnibus.doctor.redis import check_redis
from omnibus.doctor.side_by_side import side_by_side
from omnibus.doctor.stack import check_stack
from omnibus.doctor.store import check_buckets, check_notifications, check_store
from omnibus.doctor.weaviate import check_collection, check_weaviate
from omnibus.doctor.work import check_work
from omnibus.profiles import profile_named
from omnibus.settings import Settings
from omnibus.stacks.state import read_state

Check = Callable[[Settings], Sequence[Finding]]
LIMIT_S = 12.0
"""For all of them together. Each has shorter limits of its own; this is for what nobody thought of."""

SERVERS: Mapping[str, Check] = {
    "kafka": check_broker,
    "topics": check_topics,
    "object store": check_store,
    "buckets": check_buckets,
    "redis": check_redis,
    "clock": check_clock,
    "workers": check_work,
}
HERE: Mapping[str, Check] = {"models": check_models, "disk": check_disk}
EMBEDDED: Mapping[str, Check] = {"stack": check_stack, **SERVERS, "index": check_index, **HERE}
SERVICES: Mapping[str, Check] = {
    "stack": check_stack,
    **SERVERS,
    "notifications": check_notifications,
    "weaviate": check_weaviate,
    "index": check_collection,
    **HERE,
}


def examine(settings: Settings) -> list[Finding]:
    """Every check of the settings' stack. The embedded servers are not asked while no stack runs.

    Raises `ValueError` for a profile that there is not.
    """
    profile_named(settings.profile)
    if settings.stack == "services":
        checks = SERVICES
    elif read_state(settings.data) is None:
        checks = {name: check for name, check in EMBEDDED.items() if name not in SERVERS}
    else:
        checks = EMBEDDED
    return run(checks, settings)


def run(checks: Mapping[str, Check], settings: Settings, limit_s: float = LIMIT_S) -> list[Finding]:
    """What the checks found, in the order of the table."""
    tasks = {name: _task(check, settings) for name, check in checks.items()}
    findings: list[Finding] = []
    for name, found in side_by_side(tasks, limit_s).items():
        if isinstance(found, Exception):
            problem = " ".join(f"{type(found).__name__}: {found}".split())
            findings.append(
                error(name, f"the check itself failed: {problem}", "please report it, with OMNIBUS_DEBUG=1")
            )
        elif found is None:
            findings.append(error(name, f"no answer within {limit_s:.0f} s", "see whether its server hangs"))
        else:
            findings += found
    return findings


def _task(check: Check, settings: Settings) -> Callable[[], Sequence[Finding]]:
    return lambda: check(settings)
