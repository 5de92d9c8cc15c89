"""One batch of changes on its way through the steps: who is still in, and what became of the others."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

from workers.domain.change import Change, Outcome, Status
from workers.errors import OmnibusError, Permanent, Transient

Before = TypeVar("Before")
After = TypeVar("After")


class HandedOver(OmnibusError):
    """The object is for another worker."""

    kind = "heavy"


@dataclass(slots=True)
class Batch:
    """Runs steps over the changes. A change that fails leaves the batch with an outcome; the others go on.

    Each step takes pairs of a change and what the step before made of it. `timings_ms` adds up per step.
    """

    changes: Sequence[Change]
    outcomes: dict[Change, Outcome] = field(default_factory=dict)
    timings_ms: dict[str, float] = field(default_factory=dict)

    def each(
        self,
        step: str,
        work: Sequence[tuple[Change, Before]],
        do: Callable[[Before], After],
        *,
        threads: int = 1,
    ) -> list[tuple[Change, After]]:
        """`do` for each; only those that went well, in order. With `threads`, so many at once: for steps that wait."""
        begun = perf_counter()

        def attempt(item: tuple[Change, Before]) -> tuple[Change, After] | None:
            try:
                return item[0], do(item[1])
            except OmnibusError as error:
                self.fail(step, item[0], error)
                return None

        if threads > 1 and len(work) > 1:
            with ThreadPoolExecutor(threads) as pool:
                attempts = list(pool.map(attempt, work))
        else:
            # In this thread: a decoder's process lives as long as the thread that started it.
            attempts = [attempt(item) for item in work]
        self._time(step, begun)
        return [done for done in attempts if done is not None]

    def together(
        self, step: str, work: Sequence[tuple[Change, Before]], do: Callable[[Sequence[Before]], Sequence[After]]
    ) -> list[tuple[Change, After]]:
        """`do` for all at once. Where it fails nobody knows because of which, so nothing is rejected for it."""
        begun = perf_counter()
        try:
            results = do([before for _, before in work]) if work else []
        except OmnibusError as error:
            for change, _ in work:
                self.fail(step, change, error if len(work) == 1 else _for_now(error))
            return []
        finally:
            self._time(step, begun)
        return [(change, after) for (change, _), after in zip(work, results, strict=True)]

    def fail(self, step: str, change: Change, error: OmnibusError) -> None:
        """The change is rejected, handed over or tried again, by the kind of error."""
        status = Status.REJECTED if isinstance(error, Permanent) else Status.RETRY
        if isinstance(error, HandedOver):
            status = Status.HEAVY
        self.outcomes[change] = Outcome(status, error.kind, error.message, step)

    def finish(self, change: Change, status: Status) -> None:
        """The change needs no further step."""
        self.outcomes[change] = Outcome(status)

    def _time(self, step: str, begun: float) -> None:
        self.timings_ms[step] = self.timings_ms.get(step, 0.0) + (perf_counter() - begun) * 1000


def _for_now(error: OmnibusError) -> OmnibusError:
    """The same error as one that may pass: tried again, the object is in another batch."""
    passing = Transient(error.message)
    passing.kind = error.kind
    return passing
