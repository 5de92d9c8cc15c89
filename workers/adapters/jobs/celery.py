"""Celery on Redis: the app with the settings that belong together, and the Jobs port over it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from typing import Any

from celery import Celery
from celery.backends.redis import RedisBackend
from celery.exceptions import CeleryError
from celery.states import REVOKED, SUCCESS
from kombu.exceptions import KombuError
from redis import Redis
from redis.exceptions import RedisError

from workers.adapters.jobs.transport import LeanTransport
from workers.answer.flow import question_canvas
from workers.domain.change import Change, Outcome
from workers.errors import ServiceUnavailable
from workers.ports.jobs import SIGN_S, SILENCE_S, JobFailure, JobReport, JobRunning

INGEST_TASK = "ingest.index_changes"
INGEST_QUEUE = "ingest.light"
HEAVY_TASK = "ingest.index_heavy_changes"
"""A task of its own: a worker acknowledges it when it begins it (docs/decisions/016-light-and-heavy.md)."""
HEAVY_QUEUE = "ingest.heavy"
TIME_LIMIT_S = 540
"""Seconds after which a light ingest task is killed; its objects are then tried one by one."""
VISIBILITY_S = 600
"""Longer than any task may run that is acknowledged at its end: it must not be handed out a second time. What is really
lost comes back sooner, when the dispatcher's lease ends."""
TRANSPORT = {
    "visibility_timeout": VISIBILITY_S,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "unacked_restore_limit": 1000,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "retry_on_timeout": True,
}
"""How the broker's connections behave, and how soon an unacknowledged message is looked for."""


class UnwatchedResults(RedisBackend):
    """Results in Redis for those who look them up and never wait for one, as we all do.

    Celery's own subscribes to the result of whatever is sent, on a connection that nobody here reads from. When Redis
    was away it blocks for 20 s to make that connection again, and then raises RuntimeError for ever ("The Celery
    application must be restarted").
    """

    class ResultConsumer(RedisBackend.ResultConsumer):
        """Subscribes to nothing."""

        def consume_from(self, task_id: str) -> None:
            """Nobody waits for it."""

        def cancel_for(self, task_id: str) -> None:
            """Nobody waited for it."""


def make_app(redis_url: str) -> Celery:
    """A Celery app that connects at first use.

    Redis as a broker is not at-least-once by itself; the settings narrow the gaps and the dispatchers' leases close
    them (docs/decisions/001-kafka-is-the-ledger.md).
    """
    results = f"{UnwatchedResults.__module__}:{UnwatchedResults.__qualname__}+{redis_url}"
    app = Celery("omnibus", broker=redis_url, backend=results, set_as_current=True)
    app.conf.update(
        task_serializer="json",
        result_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_time_limit=TIME_LIMIT_S,
        # The dispatcher learns at once that the process was lost and sends the work again, in halves. Celery would hand
        # out the same task for ever, and each time it would take the process with it.
        task_reject_on_worker_lost=False,
        worker_prefetch_multiplier=1,
        broker_transport=f"{LeanTransport.__module__}:{LeanTransport.__qualname__}",
        broker_transport_options=TRANSPORT,
        result_backend_transport_options={"visibility_timeout": VISIBILITY_S},
        redis_socket_timeout=10,
        redis_socket_connect_timeout=2,
        redis_socket_keepalive=True,
        redis_backend_health_check_interval=10,
        redis_retry_on_timeout=True,
        visibility_timeout=VISIBILITY_S,
        result_expires=3600,
        result_backend_always_retry=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_acquire_timeout=10,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_soft_shutdown_timeout=5.0,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        task_ignore_result=False,
        enable_utc=True,
    )
    return app


def answering_workers(redis_url: str, timeout_s: float) -> Sequence[str]:
    """The names of the workers that answer a ping, `<queue>@<host>`. Always takes `timeout_s` seconds."""
    app = make_app(redis_url)
    with _known_errors():
        try:
            answers = app.control.inspect(timeout=timeout_s).ping()
        finally:
            app.close()
    return sorted(answers or {})


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Tasks that wait in a queue, and those that workers have taken and are not done with.

    What a worker had when it was killed counts as taken until the queue hands it out again, `VISIBILITY_S` later. A
    heavy task that was begun is in no queue any more.
    """

    waiting: int
    taken: int


def queue_depths(redis_url: str, queues: Sequence[str]) -> Mapping[str, QueueDepth]:
    """How much is in each queue. Raises `ServiceUnavailable`. Source: kombu's Redis transport, a list a queue."""
    with _known_errors(), Redis.from_url(redis_url, socket_timeout=10, socket_connect_timeout=2) as redis:
        waiting = [int(redis.llen(queue)) for queue in queues]
        # A message with its exchange and its queue.
        taken = [json.loads(value)[2] for value in redis.hvals("unacked")]
    return {q: QueueDepth(count, taken.count(q)) for q, count in zip(queues, waiting, strict=True)}


class CeleryJobs:
    """The Jobs port. Used by a dispatcher's one thread."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def start_ingest(self, job_id: str, changes: Sequence[Change], *, expires_s: float, heavy: bool = False) -> None:
        """See `ports.jobs.Jobs`."""
        with _known_errors():
            self._app.send_task(
                HEAVY_TASK if heavy else INGEST_TASK,
                args=[[change.to_dict() for change in changes]],
                task_id=job_id,
                queue=HEAVY_QUEUE if heavy else INGEST_QUEUE,
                expires=expires_s,
                # For Celery's own logs, which are off; writing out all changes took an eighth of a dispatcher's time.
                argsrepr=f"{len(changes)} changes",
                retry=False,
            )

    def ingest_reports(self, job_ids: Sequence[str]) -> Mapping[str, JobReport]:
        """See `ports.jobs.Jobs`. One round trip to Redis, whatever the number of jobs."""
        if not job_ids:
            return {}
        backend = self._app.backend
        keys = [backend.get_key_for_task(job_id) for job_id in job_ids]
        with _known_errors():
            values = backend.client.mget([*keys, *map(_running_key, job_ids)])
        running = zip(job_ids, values[len(keys) :], strict=True)
        reports: dict[str, JobReport] = {job_id: JobRunning() for job_id, sign in running if sign}
        for job_id, value in zip(job_ids, values, strict=False):
            if value and (ended := _ended(backend, value)) is not None:
                reports[job_id] = ended
        return reports

    def start_question(self, request_id: str, *, generate: bool, expires: datetime) -> None:
        """See `ports.jobs.Jobs`."""
        with _known_errors():
            question_canvas(self._app, request_id, generate=generate, expires=expires).apply_async(retry=False)


@contextmanager
def signs_of_work(app: Celery, job_id: str) -> Iterator[None]:
    """While it is entered the job counts as running; when the process dies, or stands still, it soon does not.

    The sign is left to fade after the end, so that a job has its result before it has lost its sign.
    """
    over = Event()
    # An app has a backend, and with it connections, for each thread that asks for one.
    client = app.backend.client

    def sign() -> None:
        while True:
            # Without a sign the job counts as waiting, and its lease as such runs.
            with suppress(RedisError):
                client.set(_running_key(job_id), b"1", ex=int(SILENCE_S))
            if over.wait(SIGN_S):
                return

    Thread(target=sign, name=f"signs of {job_id}", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _running_key(job_id: str) -> str:
    return f"job-running:{job_id}"


def _ended(backend: Any, value: bytes) -> JobReport | None:
    """How the task ended; None while it has not, or where it was dropped because nobody had begun it in time."""
    try:
        meta = backend.decode_result(value)
        status, result = meta["status"], meta["result"]
        if status not in backend.READY_STATES or status == REVOKED:
            return None
        if status == SUCCESS and isinstance(result, list):
            return [Outcome.from_dict(entry) for entry in result]
    except Exception as error:  # noqa: BLE001 - a worker of another release wrote it, say; the other jobs go on
        return JobFailure(f"the ingest task's result cannot be read ({type(error).__name__}: {error})")
    return JobFailure(f"the ingest task ended as {status}: {result!r}")


@contextmanager
def _known_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, KombuError, CeleryError, OSError) as error:
        raise ServiceUnavailable(f"the job queue (Redis) does not answer: {error}") from error
