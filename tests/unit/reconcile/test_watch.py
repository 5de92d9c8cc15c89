"""Runs on a schedule: when they start, and what is said of them."""

import sys
from collections.abc import Callable, Iterator

import pytest

from omnibus.watch import AGAIN_S, LONGEST_AGAIN_S, Watch

EVERY_S = 600.0


class World:
    """A watch whose runs are small programs, on a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due = False
        self.done: list[str] = []
        self.said: list[str] = []
        self.argv = [sys.executable, "-c", "print('found nothing')"]
        self.watch = Watch(
            self.argv,
            every_s=EVERY_S,
            done=self.done.append,
            say=self.said.append,
            due=self.take_due,
            clock=lambda: self.now,
        )

    def take_due(self) -> bool:
        due, self.due = self.due, False
        return due

    def program(self, text: str) -> None:
        self.argv[2] = text

    def settle(self, wait_until: Callable[..., object]) -> None:
        """Look until no run is under way."""
        self.watch.look_after()
        wait_until(lambda: self.watch.look_after() or not self.watch.running)


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with world.watch:
        yield world


def test_a_run_starts_at_once_and_the_next_after_the_interval(world: World, wait_until: Callable[..., object]) -> None:
    world.settle(wait_until)
    assert world.done == ["found nothing"]
    world.now += EVERY_S - 1
    world.watch.look_after()
    assert not world.watch.running
    world.now += 1
    world.settle(wait_until)
    assert len(world.done) == 2


def test_what_makes_a_run_due_starts_it_before_its_time(world: World, wait_until: Callable[..., object]) -> None:
    world.settle(wait_until)
    world.due = True
    world.settle(wait_until)
    assert len(world.done) == 2


def test_what_makes_a_run_due_during_another_starts_one_after_it(
    world: World, wait_until: Callable[..., object]
) -> None:
    world.watch.look_after()
    world.due = True
    wait_until(lambda: world.watch.look_after() or len(world.done) == 2)


def test_a_run_that_fails_is_tried_again_with_growing_pauses(world: World, wait_until: Callable[..., object]) -> None:
    world.program("import sys; sys.exit('omnibus: Kafka is away')")
    pauses, failed_at = [], 0.0
    for _ in range(6):
        world.settle(wait_until)
        failed_at = world.now
        while not world.watch.running:
            world.now += 1
            world.watch.look_after()
        pauses.append(world.now - failed_at)
    assert pauses == [AGAIN_S, 10, 20, 40, LONGEST_AGAIN_S, LONGEST_AGAIN_S]


def test_the_reason_of_a_failure_is_said_once(world: World, wait_until: Callable[..., object]) -> None:
    world.program("import sys; sys.exit('a line\\nomnibus: Kafka is away')")
    for _ in range(3):
        world.settle(wait_until)
        world.now += LONGEST_AGAIN_S
    (line,) = world.said
    assert line.endswith(": Kafka is away")
    world.program("print('back')")
    world.settle(wait_until)
    assert world.done == ["back"]


def test_a_run_that_is_killed_says_how_it_ended(world: World, wait_until: Callable[..., object]) -> None:
    world.program("import os; os.kill(os.getpid(), 9)")
    world.settle(wait_until)
    assert world.said[0].endswith("it ended with status -9")


def test_a_run_that_is_under_way_ends_with_the_watch(world: World) -> None:
    world.program("import time; time.sleep(600)")
    world.watch.look_after()
    assert world.watch.running
    with world.watch:
        pass
    assert not world.watch.running
