"""Which of the changes that wait go into one job, and how many jobs there may be."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from workers.dispatch.tasks import Task
from workers.domain.media import ObjectRef


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """At most `batch` objects a job and `jobs` jobs at a time: one running and one waiting per worker.

    A heavy job has one object, and there are `heavy_jobs` at a time: one per worker, and none that waits.

    A job that nobody has begun after `lease_s` seconds is taken for lost, and one that was begun when its worker has
    gone silent and stayed so for `silence_s` more.
    """

    batch: int = 32
    jobs: int = 2
    heavy_jobs: int = 1
    lease_s: float = 120.0
    silence_s: float = 2.0


def next_batch(
    waiting: Mapping[ObjectRef, Task],
    flying: Collection[ObjectRef],
    now: float,
    *,
    retries: int,
    most: int,
    heavy: bool,
) -> list[Task]:
    """The first `most` that may fly together at `now`, `retries` of them a second time; an object alone is heavy.

    Objects that are `flying` are left to wait: one change of an object is worked on at a time.
    """
    batch: list[Task] = []
    for ref, task in waiting.items():
        if ref in flying or task.heavy != heavy or task.not_before > now:
            continue
        if batch and task.cohort != batch[0].cohort:
            continue
        if task.sent and not retries:
            continue
        retries -= bool(task.sent)
        batch.append(task)
        if len(batch) == (1 if heavy else most):
            break
    return batch
