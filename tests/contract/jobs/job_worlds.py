"""A job queue with somebody who works on the jobs."""

from collections.abc import Callable
from dataclasses import dataclass

from workers.ports.jobs import Jobs


@dataclass(frozen=True)
class World:
    """A job queue, and how the test has a job begun, and ended."""

    jobs: Jobs
    begin: Callable[[str], object]
    work: Callable[[str], object]
