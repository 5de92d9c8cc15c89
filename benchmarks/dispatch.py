"""Events from Kafka through Celery, in jobs of many with all guarantees, and one `.delay()` each, in one run.

`python -m benchmarks.dispatch` starts a stack's servers and a worker of its own. What the worker does with an event
costs nothing, so the figures are those of the way there and back.
"""

import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from redis import Redis

from benchmarks.bulk import wait_until
from benchmarks.table import Row, print_table
from omnibus.settings import Settings, load_running
from omnibus.stacks.control import stop
from omnibus.stacks.state import read_state
from omnibus.stacks.tether import tethered
from producers.kafka import Publisher
from producers.setup.topics import set_up_topics
from schemas.notification import change
from schemas.topics import MEDIA_EVENTS
from workers.adapters.bus.kafka import KafkaTopicConsumer
from workers.adapters.jobs.celery import INGEST_QUEUE, INGEST_TASK, CeleryJobs, make_app
from workers.dispatch.batches import MediaLimits
from workers.dispatch.dead_letters import DeadLetters
from workers.dispatch.loop import Dispatcher, Pace
from workers.dispatch.media import MediaWork
from workers.dispatch.retry import RetryPolicy
from workers.domain.change import Outcome, Status
from workers.domain.record import Incoming, Position

ONE_BY_ONE, MANY = 4_000, 40_000
DONE = "bench:done"
EVENT_TASK = "bench.event"


def main() -> int:
    """Measure, print the table."""
    rows = list(measure())
    print_table(rows)
    return 0 if all(row.holds for row in rows) else 1


def measure() -> Iterator[Row]:
    """The rate through the dispatcher as a multiple of the rate of one task an event."""
    with (
        tempfile.TemporaryDirectory(prefix="omnibus-dispatch-") as folder,
        _servers(Path(folder) / "data") as settings,
        _worker(settings),
    ):
        single = ONE_BY_ONE / _one_task_an_event(settings)
        many = MANY / _through_the_dispatcher(settings)
    how = f"{many:.0f} against {single:.0f} events/s"
    yield Row("events dispatched / one .delay() each", many / single, 10, "", how, at_most=False)


def _one_task_an_event(settings: Settings) -> float:
    """Seconds until the worker is done with `ONE_BY_ONE` events, each of which is a task."""
    topic = _told(settings, "bench.single", ONE_BY_ONE)
    redis = Redis.from_url(settings.redis)
    event = make_app(settings.redis).signature(EVENT_TASK, queue=INGEST_QUEUE)
    consumer = KafkaConsumer(
        bootstrap_servers=settings.kafka,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=settings.fetch_wait(MEDIA_EVENTS),
    )
    consumer.assign([TopicPartition(topic, 0)])
    read, begun = 0, perf_counter()
    while read < ONE_BY_ONE:
        for records in consumer.poll(timeout_ms=100).values():
            for record in records:
                event.delay(json.loads(record.value))
            read += len(records)
    wait_until(lambda: int(redis.get(DONE) or 0) == ONE_BY_ONE)
    seconds = perf_counter() - begun
    consumer.close()
    return seconds


def _through_the_dispatcher(settings: Settings) -> float:
    """Seconds until the dispatcher has had all of `MANY` events done, and has committed that."""
    topic = _told(settings, "bench.many", MANY)
    with Publisher(settings.kafka, source="/bench") as publisher:
        work = _Counting(
            jobs=CeleryJobs(make_app(settings.redis)),
            dead_letters=DeadLetters(publisher),
            bucket=settings.bucket,
            limits=MediaLimits(settings.batch, settings.ingest_jobs, settings.heavy_jobs, settings.media_lease_s),
            policy=RetryPolicy(),
            new_id=lambda: uuid.uuid4().hex,
            random=lambda: 0.0,
        )
        consumer = KafkaTopicConsumer(
            settings.kafka,
            topic=topic,
            group="bench",
            fetch_wait_ms=settings.fetch_wait(MEDIA_EVENTS),
            batch=settings.in_flight,
        )
        dispatcher = Dispatcher(consumer, work, Pace(settings.in_flight), beat=lambda _: None, say=print)
        # Joining a group takes seconds, once in a dispatcher's life.
        while not work.taken:
            dispatcher.turn()
        begun = perf_counter()
        dispatcher.run(lambda: work.done == MANY)
        return perf_counter() - begun


@dataclass
class _Counting(MediaWork):
    """Counts what goes in and what is done."""

    taken: int = 0
    done: int = 0

    def take(self, record: Incoming) -> None:
        self.taken += 1
        super().take(record)

    def advance(self, now: float) -> Sequence[Position]:
        done = super().advance(now)
        self.done += len(done)
        return done


def _told(settings: Settings, topic: str, count: int) -> str:
    """A topic of one partition that tells of this many objects."""
    set_up_topics(settings.kafka, {topic: 1})
    producer = KafkaProducer(bootstrap_servers=settings.kafka, linger_ms=20)
    for number in range(count):
        key = f"folder {number % 100}/picture {number}.jpg"
        event = change("put", bucket=settings.bucket, key=key, sequencer=f"{number:016X}", etag="9b2cf535f27731c97434")
        producer.send(topic, key=f"{settings.bucket}/{key}".encode(), value=event.to_json())
    producer.flush()
    producer.close()
    return topic


@contextmanager
def _servers(data: Path) -> Iterator[Settings]:
    program = "import sys, pathlib; from omnibus.stacks.embedded import run_embedded as r; r(pathlib.Path(sys.argv[1]))"
    process = subprocess.Popen(tethered([sys.executable, "-c", program, str(data)]), stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: (state := read_state(data)) is not None and state.ready)
        yield load_running(data)
    finally:
        stop(data)
        process.wait()


@contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    argv = [sys.executable, "-m", "benchmarks.dispatch", settings.redis]
    process = subprocess.Popen(tethered(argv), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _work(url: str) -> None:
    """The worker: has nothing to do, and says that it is done."""
    app, redis = make_app(url), Redis.from_url(url)

    def event(_: dict[str, Any]) -> None:
        redis.incr(DONE)

    def ingest(changes: list[dict[str, Any]]) -> list[dict[str, str]]:
        return [Outcome(Status.INDEXED).to_dict() for _ in changes]

    app.task(name=EVENT_TASK, ignore_result=True)(event)
    app.task(name=INGEST_TASK)(ingest)
    quiet = ("--without-gossip", "--without-mingle", "--loglevel=ERROR")
    app.worker_main(["worker", "--pool=prefork", "--concurrency=2", "-Q", INGEST_QUEUE, *quiet])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _work(sys.argv[1])
    else:
        raise SystemExit(main())
