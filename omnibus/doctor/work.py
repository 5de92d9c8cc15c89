"""Our own processes: whether workers answer and dispatchers have reported of late, on whatever machine they run."""

from collections.abc import Collection, Sequence

from omnibus.doctor.finding import Fault, Finding, ok, warning
from omnibus.doctor.redis import reach_redis
from omnibus.gauges import read_progress
from omnibus.ledger import DISPATCHED
from omnibus.settings import Settings
from workers.adapters.cache.redis import RedisCache
from workers.adapters.jobs.celery import HEAVY_QUEUE, INGEST_QUEUE, answering_workers
from workers.answer.flow import QUEUE as ANSWER_QUEUE
from workers.errors import ServiceUnavailable

PING_S = 1.5
"""How long workers may take to answer; all of it is waited for, because nobody knows how many there are."""
WORKERS = {"answer worker": ANSWER_QUEUE, "ingest worker": INGEST_QUEUE, "worker for recordings": HEAVY_QUEUE}


def check_work(settings: Settings) -> Sequence[Finding]:
    """Who is there; nothing when Redis cannot be asked, which is a finding of its own."""
    try:
        reach_redis(settings)
        cache = RedisCache(settings.redis)
        told = {kind: read_progress(cache, t.name, range(t.partitions)) for kind, t in DISPATCHED.items()}
        names = answering_workers(settings.redis, PING_S)
    except (Fault, ServiceUnavailable):
        return []
    reported = [kind for kind, partitions in told.items() if partitions]
    return [*judge_workers(names, settings.stack), *judge_dispatchers(reported, settings.stack)]


def judge_workers(names: Collection[str], stack: str) -> list[Finding]:
    """`names` are Celery's, `<queue>@<host>`."""
    findings = []
    for worker, queue in WORKERS.items():
        there = sorted(name for name in names if name.startswith(f"{queue}@"))
        found = f"{worker}: {', '.join(there)}" if there else f"no {worker} answers"
        remedy = start(f"omnibus work --queues {queue}", queue.replace(".", "-"), stack)
        findings.append(ok("workers", found) if there else warning("workers", found, remedy))
    return findings


def judge_dispatchers(reported: Collection[str], stack: str) -> list[Finding]:
    """`reported`: the kinds of dispatchers whose gauges stand."""
    return [
        ok("dispatchers", f"the dispatcher of {kind} is at work")
        if kind in reported
        else warning(
            "dispatchers",
            f"no dispatcher of {kind} has reported in the last seconds",
            start(f"omnibus dispatch {kind}", f"dispatch-{kind}", stack),
        )
        for kind in DISPATCHED
    ]


def start(command: str, service: str, stack: str) -> str:
    """How one is started."""
    if stack == "embedded":
        return "wait for the start, or see what `omnibus status` says of it"
    return f"start one: docker compose up -d {service}, or {command}"
