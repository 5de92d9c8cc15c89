"""The Locks port, on a real server."""

import uuid
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

import lock_processes
import pytest
from redis import Redis
from waiting import wait_until

from omnibus.stacks.endpoints import Endpoints
from workers.adapters.locks.redis import RedisLocks
from workers.errors import ServiceUnavailable
from workers.ports.locks import Locks


@pytest.fixture
def url(embedded_servers: Endpoints) -> str:
    return embedded_servers.redis


@pytest.fixture
def locks(url: str) -> Locks:
    return RedisLocks(url)


@pytest.fixture
def impatient(url: str) -> Locks:
    """Locks of somebody who waits for a tenth of a second only."""
    return RedisLocks(url, wait_s=0.1)


@pytest.fixture
def name() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def threads() -> Executor:
    return ThreadPoolExecutor(4)


def test_a_name_has_one_holder_at_a_time(locks: Locks, impatient: Locks, name: str) -> None:
    with locks.held([name]), pytest.raises(ServiceUnavailable, match="others held"), impatient.held([name]):
        pytest.fail("two holders")
    with impatient.held([name]):
        pass


def test_other_names_are_free(locks: Locks, impatient: Locks, name: str) -> None:
    with locks.held([name]), impatient.held([f"{name}:other"]):
        pass


def tries(redis: Redis) -> int:
    """How many times a lock was tried for, on this server."""
    return int(redis.info("commandstats")["cmdstat_evalsha"]["calls"])


def test_whoever_waits_goes_on_when_the_holder_leaves(url: str, locks: Locks, name: str, threads: Executor) -> None:
    redis, order = Redis.from_url(url), []

    def wait() -> None:
        with locks.held([name]):
            order.append("the waiter")

    with locks.held([name]):
        before = tries(redis)
        waiter = threads.submit(wait)
        wait_until(lambda: tries(redis) > before + 3)
        order.append("the holder")
    waiter.result(timeout=30)
    assert order == ["the holder", "the waiter"]


def test_of_several_names_all_are_held_or_none(locks: Locks, impatient: Locks, name: str) -> None:
    with locks.held([f"{name}:b"]):
        with pytest.raises(ServiceUnavailable), impatient.held([f"{name}:a", f"{name}:b", f"{name}:c"]):
            pytest.fail("two holders")
        with impatient.held([f"{name}:a", f"{name}:c"]):
            pass


def test_callers_that_ask_in_different_orders_never_wait_for_each_other(
    locks: Locks, name: str, threads: Executor
) -> None:
    names = [f"{name}:{n}" for n in range(32)]

    def hold(order: list[str]) -> None:
        for _ in range(25):
            with locks.held(order):
                pass

    for holder in [threads.submit(hold, order) for order in (names, names[::-1], names[:16], names[8:])]:
        holder.result(timeout=60)


def test_no_name_and_the_same_name_twice_are_no_error(locks: Locks, name: str) -> None:
    with locks.held([]), locks.held([name, name]):
        pass


def test_an_error_under_the_lock_lets_go_of_it(locks: Locks, impatient: Locks, name: str) -> None:
    with pytest.raises(ZeroDivisionError), locks.held([name]):
        raise ZeroDivisionError
    with impatient.held([name]):
        pass


def test_the_lock_of_a_holder_that_died_passes(url: str, name: str, tmp_path: Path) -> None:
    holding = tmp_path / "holding"
    holder = get_context("spawn").Process(target=lock_processes.hold_for_ever, args=(url, name, holding), daemon=True)
    holder.start()
    wait_until(holding.exists)
    holder.kill()
    holder.join()
    with RedisLocks(url).held([name]):
        pass


def test_a_holder_whose_time_was_up_does_not_let_go_of_the_next_ones_lock(
    url: str, impatient: Locks, name: str
) -> None:
    with ExitStack() as stalled:
        stalled.enter_context(RedisLocks(url, limit_s=0.05).held([name]))
        with RedisLocks(url).held([name]):
            stalled.close()
            with pytest.raises(ServiceUnavailable), impatient.held([name]):
                pytest.fail("two holders")


def test_a_lock_that_is_renewed_lasts_longer_than_its_limit(url: str, impatient: Locks, name: str) -> None:
    short = RedisLocks(url, limit_s=0.5)
    with RedisLocks(url, limit_s=0.5).held([f"{name}:clock"]), short.held([name]) as renew:

        def is_over() -> bool:
            renew()
            try:
                with impatient.held([f"{name}:clock"]):
                    return True
            except ServiceUnavailable:
                return False

        wait_until(is_over)
        with pytest.raises(ServiceUnavailable), impatient.held([name]):
            pytest.fail("two holders")


def test_a_holder_learns_that_its_time_was_up(url: str, name: str) -> None:
    with ExitStack() as both:
        renew = both.enter_context(RedisLocks(url, limit_s=0.05).held([name, f"{name}:other"]))
        both.enter_context(RedisLocks(url).held([name]))
        with pytest.raises(ServiceUnavailable, match="others may write now"):
            renew()


def test_processes_take_turns(url: str, name: str, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    context = get_context("spawn")
    arguments = (url, name, counter, 50, context.Barrier(2))
    counting = [context.Process(target=lock_processes.count_up, args=arguments, daemon=True) for _ in range(2)]
    for process in counting:
        process.start()
    for process in counting:
        process.join()
    assert counter.read_text() == "100"


def test_locks_out_of_reach_are_an_unavailable_service() -> None:
    with pytest.raises(ServiceUnavailable, match="do not answer"), RedisLocks("redis://127.0.0.1:1/0").held(["a"]):
        pytest.fail("no server, no lock")
