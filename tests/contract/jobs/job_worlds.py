"""A job queue with somebody who works on the jobs."""

from collections.abc import Callable
from dataclasses import dataclass

from workers.ports.jobs import Jobs


@dataclass(frozen=True)
class World:
    """A job queue, and how the test has a job worked on."""

    jobs: Jobs
    work: Callable[[str], object]
