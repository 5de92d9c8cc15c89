"""What `omnibus status` reports: how far the dispatchers are behind, what is in flight, what is dead."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from omnibus.doctor.servers import unreachable
from omnibus.ledger import DISPATCHED, PartitionState, as_json, partitions_of
from omnibus.settings import Settings
from omnibus.stacks.state import read_state
from producers.dead_letters.box import open_box
from producers.errors import BusUnavailable
from producers.log import TopicLog
from workers.adapters.cache.redis import RedisCache
from workers.adapters.jobs.celery import HEAVY_QUEUE, INGEST_QUEUE, queue_depths
from workers.answer.flow import QUEUE as ANSWER_QUEUE
from workers.dispatch.progress import Stage
from workers.errors import ServiceUnavailable

QUEUES = (INGEST_QUEUE, HEAVY_QUEUE, ANSWER_QUEUE)
BUS_S = 3.0
"""How long Kafka may take for each of its answers."""


def report(settings: Settings) -> dict[str, Any]:
    """The report as JSON types. It is complete also when a server does not answer: `problems` then says which."""
    problems: list[str] = []
    state = read_state(settings.data)
    partitions: list[PartitionState] = []
    queues: Mapping[str, Any] = {}
    dead_letters: Mapping[str, int] = {}
    if state is None and settings.stack == "embedded":
        problems.append(f"no stack runs on {settings.data}; start one with: omnibus up")
    else:
        away = unreachable(settings)
        problems += away.values()
        try:
            if "kafka" not in away:
                cache = None if "redis" in away else RedisCache(settings.redis)
                for topic in DISPATCHED.values():
                    partitions += partitions_of(settings.kafka, cache, topic, BUS_S)
                dead_letters = _open_letters(settings.kafka)
            if "redis" not in away:
                queues = _queues(settings.redis)
        except BusUnavailable as error:
            problems.append(str(error))
        except ServiceUnavailable as error:
            problems.append(error.message)
    oldest = [state.oldest for state in partitions if state.oldest is not None]
    parts = [] if state is None else [_part(part) for part in state.parts]
    return {
        # Where the processes are somebody else's to look after, the servers are what can be seen of it.
        "ready": (state is None or state.ready) and not problems,
        "stack": settings.stack,
        "profile": settings.profile,
        "endpoints": _endpoints(settings),
        "lag": _lag(partitions),
        "in_flight": sum(state.count(*Stage) for state in partitions),
        "retrying": sum(state.count(Stage.RETRYING) for state in partitions),
        "dead_letters": dead_letters,
        "oldest": as_json(min(oldest, key=lambda event: event.at)) if oldest else None,
        "partitions": [_partition(state) for state in partitions],
        "queues": queues,
        "parts": parts,
        "problems": problems,
    }


def _endpoints(settings: Settings) -> Mapping[str, str]:
    names = ("kafka", "s3", "access_key", "secret_key", "bucket", "question_bucket")
    return {name: getattr(settings, name) for name in names}


def _part(part: Any) -> Mapping[str, Any]:
    return {
        "name": part.name,
        "phase": part.phase.value,
        "pid": part.pid,
        "restarts": part.restarts,
        "waits_for": part.waits_for,
        "log": part.log,
    }


def _lag(partitions: Sequence[PartitionState]) -> Mapping[str, int]:
    lag: Counter[str] = Counter()
    for state in partitions:
        lag[state.topic] += state.lag
    return lag


def _open_letters(bootstrap: str) -> Mapping[str, int]:
    """Those that were not redriven, by dead-letter topic."""
    with TopicLog(bootstrap, timeout_s=BUS_S) as log:
        topics = [topic.dead_letters.name for topic in DISPATCHED.values()]
        return {topic: len(open_box(log, topic).open) for topic in topics}


def _partition(state: PartitionState) -> Mapping[str, Any]:
    return {
        "topic": state.topic,
        "partition": state.partition,
        "lag": state.lag,
        "dispatcher": state.unfinished is not None,
        "in_flight": state.count(*Stage),
        "waiting": state.count(Stage.WAITING),
        "in_work": state.count(Stage.QUEUED, Stage.WORKING),
        "retrying": state.count(Stage.RETRYING),
        "oldest": as_json(state.oldest) if state.oldest else None,
    }


def _queues(redis: str) -> Mapping[str, Any]:
    return {name: asdict(depth) for name, depth in queue_depths(redis, QUEUES).items()}
