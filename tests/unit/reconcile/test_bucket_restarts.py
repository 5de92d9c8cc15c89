"""Noticing that the object store was started again."""

from dataclasses import dataclass, field

from omnibus.bucket_restarts import LOOK_S, SETTLED_S, BucketRestarts
from workers.errors import ServiceUnavailable


@dataclass
class Store:
    """A store that was started at a moment of this clock; None: it does not tell."""

    now: float = 1000.0
    started: float | None = 0.0
    away: bool = False
    said: list[str] = field(default_factory=list)

    def uptime_s(self) -> float | None:
        if self.away:
            raise ServiceUnavailable("it is away")
        return None if self.started is None else float(int(self.now - self.started))

    def watched(self) -> BucketRestarts:
        return BucketRestarts(self.uptime_s, self.said.append, clock=lambda: self.now)

    def looks(self, restarts: BucketRestarts, count: int) -> list[bool]:
        """What it says at the next looks."""
        answers = []
        for _ in range(count):
            self.now += LOOK_S
            answers.append(restarts())
        return answers


def test_a_store_that_goes_on_was_not_restarted() -> None:
    store = Store()
    assert not any(store.looks(store.watched(), 1000))


def test_a_restart_is_told_once_when_the_store_has_settled() -> None:
    store = Store()
    restarts = store.watched()
    assert store.looks(restarts, 1) == [False]
    store.started = store.now + 4
    assert store.looks(restarts, 4) == [False, True, False, False]
    assert store.now - store.started > SETTLED_S


def test_a_store_that_is_away_was_restarted_when_it_is_back() -> None:
    store = Store()
    restarts = store.watched()
    store.looks(restarts, 1)
    store.away = True
    assert not any(store.looks(restarts, 3))
    store.away, store.started = False, store.now
    assert store.looks(restarts, 2) == [True, False]


def test_each_of_two_restarts_is_told() -> None:
    store = Store()
    restarts = store.watched()
    store.looks(restarts, 1)
    told = 0
    for _ in range(2):
        store.started = store.now
        told += sum(store.looks(restarts, 5))
    assert told == 2


def test_a_store_that_does_not_tell_is_said_once() -> None:
    store = Store(started=None)
    assert not any(store.looks(store.watched(), 3))
    assert len(store.said) == 1
    assert "found on schedule" in store.said[0]


def test_it_is_asked_no_more_often_than_every_few_seconds() -> None:
    store = Store()
    restarts = store.watched()
    restarts()
    store.away = True
    store.now += LOOK_S / 2
    store.uptime_s = lambda: 1 / 0  # type: ignore[method-assign,assignment]
    assert restarts() is False
