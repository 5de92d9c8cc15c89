"""A worker process: one Celery worker for the queues it is given."""

import logging
from collections.abc import Callable, Sequence
from importlib import import_module
from os import cpu_count, environ, nice
from pathlib import Path
from threading import Thread
from typing import Any

from celery import Celery, Task
from celery.signals import heartbeat_sent, worker_process_init

from omnibus.beat import heartbeat
from omnibus.composition import answer_parts, ingest_parts, reply_desk
from omnibus.memory import keep_freed_memory
from omnibus.once import Once
from omnibus.settings import Settings
from workers.adapters.jobs.celery import (
    HEAVY_QUEUE,
    HEAVY_TASK,
    INGEST_QUEUE,
    INGEST_TASK,
    make_app,
    signs_of_work,
)
from workers.answer.asked import Questions
from workers.answer.flow import QUEUE as ANSWER_QUEUE
from workers.answer.flow import AnswerSteps
from workers.answer.reply import Replies
from workers.domain.change import Change
from workers.errors import OmnibusError
from workers.ingest.flow import index_changes

QUEUES = (INGEST_QUEUE, HEAVY_QUEUE, ANSWER_QUEUE)
THREADED = {ANSWER_QUEUE}
"""Queues whose workers share one generator between threads; the others take one batch a process."""


YIELDING = 10
"""How much a worker for heavy work alone lowers its priority: it has hours, and what runs beside it milliseconds."""


def work(settings: Settings, queues: Sequence[str], beat_file: Path | None, *, warm: bool = False) -> None:
    """Run a worker for `queues` until it is told to stop. With `warm` it loads its models at once, beside its work.

    Raises `ValueError` for queues that there are not, or that do not go together in one process.
    """
    pool = _pool(queues)
    keep_freed_memory()
    app = make_app(settings.redis)
    warm_ingest, warm_answer = register_ingest(app, settings, queues), _register_answer(app, settings)
    if warm and pool == "threads":
        _beside(warm_answer)
    elif warm:
        # In the child, where the work is done: nothing of a model survives a fork in good health.
        worker_process_init.connect(lambda **_: _beside(warm_ingest), weak=False)
    beat = heartbeat(beat_file)
    heartbeat_sent.connect(lambda **_: beat(), weak=False)
    beat()
    # At INFO it writes twenty lines for each connection.
    logging.getLogger("kafka").setLevel(logging.WARNING)
    # At INFO they write that every task has come, and what it returns, answers and all.
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)
    threads = settings.answer_threads if pool == "threads" else settings.ingest_processes
    if set(queues) == {HEAVY_QUEUE}:
        # One: each has models of a gigabyte, and its libraries use all cores.
        threads = 1
        nice(YIELDING)
    # Threads that spin while they wait for one another take the cores from the other processes: with two such beside
    # it, a question's vector took 66 to 350 ms instead of 9.
    environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if pool == "prefork":
        # Its processes would each start a thread per core, and spend their time waiting for one another.
        environ.setdefault("OMP_NUM_THREADS", str(max(1, (cpu_count() or 1) // threads)))
    app.worker_main(
        [
            "worker",
            f"--pool={pool}",
            f"--concurrency={threads}",
            "-Q",
            ",".join(queues),
            *_QUIET,
            f"--hostname={_name(queues)}",
        ]
    )


_QUIET = ("--without-gossip", "--without-mingle", "--loglevel=INFO")


def _beside(load: Callable[[], None]) -> None:
    """Call `load` in a thread of its own; a model that does not load is said, and again where it is needed."""

    def run() -> None:
        try:
            load()
        except OmnibusError as error:
            logging.getLogger(__name__).warning("models are not loaded yet: %s", error)

    Thread(target=run, name="warm", daemon=True).start()


def _pool(queues: Sequence[str]) -> str:
    unknown = [queue for queue in queues if queue not in QUEUES]
    if unknown or not queues:
        raise ValueError(f"there is no queue {', '.join(unknown) or '(none given)'}; there are {', '.join(QUEUES)}")
    pools = {"threads" if queue in THREADED else "prefork" for queue in queues}
    if len(pools) > 1:
        raise ValueError(f"queues {', '.join(queues)} cannot share a process: start one worker for each")
    return pools.pop()


def _name(queues: Sequence[str]) -> str:
    return f"{queues[0]}@%h"


def register_ingest(app: Celery, settings: Settings, queues: Sequence[str]) -> Callable[[], None]:
    """Have the app index changes, light and heavy; what it gives back loads the models. Nothing is made before."""
    parts = Once(lambda: ingest_parts(settings, heavy=HEAVY_QUEUE in queues))

    def ingest(task: Task, changes: list[dict[str, Any]]) -> list[dict[str, str]]:
        with signs_of_work(app, task.request.id):
            outcomes = index_changes(parts(), [Change.from_dict(change) for change in changes])
        return [outcome.to_dict() for outcome in outcomes]

    # Not shared: every app that this process makes would have the tasks of the first one.
    app.task(name=INGEST_TASK, bind=True, shared=False)(ingest)
    # Acknowledged when it is begun: the queue would hand out again what is not acknowledged in ten minutes. The
    # dispatcher does it when the worker falls silent.
    app.task(name=HEAVY_TASK, bind=True, shared=False, acks_late=False, time_limit=settings.heavy_limit_s)(ingest)

    def warm() -> None:
        if (hearing := parts().hearing) is not None:
            hearing.listener.warm()
        parts().embedder.warm()
        if (reader := parts().reader) is not None:
            reader.warm()

    return warm


def _register_answer(app: Celery, settings: Settings) -> Callable[[], None]:
    desk = Once(lambda: reply_desk(settings))
    steps = Once(lambda: _answer_steps(settings, *desk()))
    for name in AnswerSteps.NAMES:
        app.task(name=f"answer.{name}", shared=False)(_calling(steps, desk, name))

    def warm() -> None:
        steps().warm()

    return warm


def _answer_steps(settings: Settings, questions: Questions, replies: Replies) -> AnswerSteps:
    # Made by one thread while the others wait: these cannot be imported by several threads at once.
    for library in ("torch", "transformers", "lancedb", "lancedb.query"):
        import_module(library)
    return AnswerSteps(answer_parts(settings, questions, replies))


def _calling(steps: Once[AnswerSteps], desk: Once[tuple[Questions, Replies]], name: str) -> Callable[..., Any]:
    def step(*args: Any, **kwargs: Any) -> Any:
        try:
            made = steps()
        except OmnibusError as error:
            # Not even the parts could be made, a model being away, say: the requester is told all the same.
            questions, replies = desk()
            replies.fail(questions.get(kwargs["request_id"]).reply_to, error)
            raise
        return getattr(made, name)(*args, **kwargs)

    return step
