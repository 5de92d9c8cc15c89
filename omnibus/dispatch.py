"""A dispatcher process: one consumer, one kind of work."""

import random
import signal
import uuid
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic

from omnibus.beat import heartbeat
from omnibus.gauges import write_progress
from omnibus.reconcile_report import Report
from omnibus.settings import Settings
from omnibus.watch import Watch, watch_bucket
from producers.kafka import Publisher
from schemas.topics import MEDIA_EVENTS, QUERIES, Topic
from workers.adapters.bus.kafka import KafkaTopicConsumer, KafkaTopics
from workers.adapters.cache.redis import RedisCache
from workers.adapters.jobs.celery import CeleryJobs, make_app
from workers.answer.asked import Questions
from workers.answer.reply import Replies
from workers.dispatch.batches import MediaLimits
from workers.dispatch.dead_letters import DeadLetters
from workers.dispatch.groups import group_of
from workers.dispatch.inquiries import InquiryRules
from workers.dispatch.loop import Dispatcher, Pace, Work
from workers.dispatch.media import MediaWork
from workers.dispatch.questions import QuestionWork
from workers.dispatch.retry import RetryPolicy
from workers.domain.media import Version
from workers.errors import ServiceUnavailable
from workers.ingest.announce import Announcer

KINDS = ("media", "questions")


def dispatch(
    settings: Settings, kind: str, beat_file: Path | None, say: Callable[[str], None], *, catch_up: bool = False
) -> None:
    """Run a dispatcher until it is told to stop (SIGTERM or SIGINT). `say` gets a line whenever something is wrong.

    With `catch_up` a reconciliation runs beside it at the start, for what changed while nobody listened, and then every
    `reconcile_every_s`.

    Raises `ValueError` for an unknown kind, and `ServiceUnavailable` or `BusUnavailable` when Kafka does not answer at
    the start; later it waits for it.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no dispatcher for {kind!r}; there are {', '.join(KINDS)}")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    topic = MEDIA_EVENTS if kind == "media" else QUERIES
    with Publisher(settings.kafka, source=f"/omnibus/dispatch/{kind}") as publisher:
        work = media_work(settings, publisher) if kind == "media" else question_work(settings, publisher)
        consumer = _consumer(settings, topic)
        pace = Pace(in_flight=settings.in_flight)
        with _watch(settings, say) if catch_up else nullcontext() as watch:
            tell = partial(_tell, RedisCache(settings.redis), topic, consumer, work)
            beat = _beat(heartbeat(beat_file), tell, watch)
            Dispatcher(consumer, work, pace, beat=beat, say=say).run(stop.is_set)


def media_work(settings: Settings, publisher: Publisher) -> Work:
    """Notifications into ingest jobs."""
    announcer = Announcer(publisher)
    return MediaWork(
        jobs=CeleryJobs(make_app(settings.redis)),
        dead_letters=DeadLetters(publisher),
        bucket=settings.bucket,
        limits=MediaLimits(settings.batch, settings.ingest_jobs, settings.heavy_jobs, settings.media_lease_s),
        policy=RetryPolicy(tries=settings.tries),
        new_id=lambda: str(uuid.uuid4()),
        random=random.random,
        give_up=lambda change, cause: announcer.rejected(
            change, Version(change.etag, change.sequencer), cause.kind, cause.reason
        ),
    )


def question_work(settings: Settings, publisher: Publisher) -> Work:
    """Questions into answer jobs."""
    cache = RedisCache(settings.redis)
    return QuestionWork(
        jobs=CeleryJobs(make_app(settings.redis)),
        questions=Questions(cache),
        replies=Replies(publisher, cache),
        dead_letters=DeadLetters(publisher),
        rules=InquiryRules(settings.reply_topics, settings.deadline_s, KafkaTopics(settings.kafka).exist),
        lease_s=settings.question_lease_s,
        tries=settings.tries,
        utc_now=lambda: datetime.now(UTC),
    )


def _consumer(settings: Settings, topic: Topic) -> KafkaTopicConsumer:
    return KafkaTopicConsumer(
        settings.kafka,
        topic=topic.name,
        group=group_of(topic),
        fetch_wait_ms=settings.fetch_wait(topic),
        batch=settings.in_flight,
    )


def _watch(settings: Settings, say: Callable[[str], None]) -> Watch:
    return watch_bucket(settings, fix=True, done=lambda out: say(Report.model_validate_json(out).line), say=say)


def _beat(touch: Callable[[], None], tell: Callable[[], None], watch: Watch | None) -> Callable[[int], None]:
    """What happens once a turn beside the work: the heartbeat, what `omnibus status` shows, the reconciliations."""
    due = [0.0]

    def beat(_: int) -> None:
        touch()
        if monotonic() < due[0]:
            return
        due[0] = monotonic() + 1
        if watch is not None:
            watch.look_after()
        tell()

    return beat


def _tell(cache: RedisCache, topic: Topic, consumer: KafkaTopicConsumer, work: Work) -> None:
    # The loop says itself when the queue is away; what is not written is no further news.
    with suppress(ServiceUnavailable):
        write_progress(cache, topic.name, consumer.assigned(), work.unfinished())
