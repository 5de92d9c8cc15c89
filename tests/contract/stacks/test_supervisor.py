"""What the supervisor does for the processes of a stack, shown with small shell scripts."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from omnibus.stacks.errors import StackFailed
from omnibus.stacks.part import Heartbeat, Part
from omnibus.stacks.restarts import RestartPolicy
from omnibus.stacks.state import PartState, Phase, StackState, process_started
from omnibus.stacks.supervisor import Supervisor

AT_ONCE = RestartPolicy(limit=3, first_delay_s=0)
FOR_EVER = "exec sleep 1000"
WaitUntil = Callable[..., Any]


class Stack:
    """A supervisor that a test drives step by step."""

    def __init__(self, folder: Path, parts: list[Part]) -> None:
        self.history: list[StackState] = []
        self.supervisor = Supervisor(parts, folder, self.history.append, policy=AT_ONCE)

    def __getitem__(self, name: str) -> PartState:
        """The part's state after one more step."""
        self.supervisor.step()
        return next(part for part in self.history[-1].parts if part.name == name)

    def pid(self, name: str) -> int | None:
        """The process that runs the part, once the part is ready."""
        part = self[name]
        return part.pid if part.phase is Phase.READY else None


@pytest.fixture
def part(tmp_path: Path) -> Callable[..., Part]:
    """Makes a part that runs a shell script in the test's folder; ready when `ready` says so, otherwise at once."""

    def make(name: str, script: str, ready: Callable[[], str | None] = lambda: None, **more: Any) -> Part:
        log = tmp_path / f"{name}.log"
        return Part(
            name=name,
            argv=["/bin/sh", "-c", script],
            env={"PATH": os.defpath},
            cwd=tmp_path,
            log=log,
            ready=ready,
            **more,
        )

    return make


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """Makes a stack of these parts, which the end of the test stops."""
    with ExitStack() as cleanup:

        def make(*parts: Part) -> Stack:
            made = Stack(tmp_path, list(parts))
            cleanup.enter_context(made.supervisor)
            return made

        yield make


def test_a_part_starts_when_those_that_it_needs_are_ready_and_says_which_it_waits_for(
    part: Callable[..., Part], stack: Callable[..., Stack], wait_until: WaitUntil, tmp_path: Path
) -> None:
    def ready() -> str | None:
        return None if (tmp_path / "go").exists() else "its model"

    running = stack(part("first", FOR_EVER, ready), part("second", FOR_EVER, needs=("first",)))
    wait_until(lambda: running["first"].waits_for == "its model")
    assert running["second"].phase is Phase.WAITING
    assert running["second"].waits_for == "first"
    (tmp_path / "go").touch()
    wait_until(lambda: running.pid("second"))


def test_a_part_that_is_killed_is_started_again(
    part: Callable[..., Part], stack: Callable[..., Stack], wait_until: WaitUntil
) -> None:
    running = stack(part("server", FOR_EVER))
    before = wait_until(lambda: running.pid("server"))
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: running.pid("server") not in (None, before))
    assert running["server"].restarts == 1


def test_what_depends_on_a_part_is_started_again_with_it(
    part: Callable[..., Part], stack: Callable[..., Stack], wait_until: WaitUntil
) -> None:
    follower = part("follower", FOR_EVER, needs=("server",), restarts_with=("server",))
    running = stack(part("server", FOR_EVER), follower, part("other", FOR_EVER, needs=("server",)))
    before = {name: wait_until(lambda name=name: running.pid(name)) for name in ("server", "follower", "other")}
    os.kill(before["server"], signal.SIGKILL)
    wait_until(lambda: running.pid("follower") not in (None, before["follower"]))
    assert running.pid("other") == before["other"]


def test_a_part_that_fails_again_and_again_ends_the_stack_with_a_line_that_says_where_to_look(
    part: Callable[..., Part], stack: Callable[..., Stack], wait_until: WaitUntil, tmp_path: Path
) -> None:
    running = stack(part("server", "echo the disk is full; exit 3"))
    with pytest.raises(StackFailed) as failure:
        wait_until(lambda: running["server"].restarts > 10)
    assert "server ended with exit status 3" in str(failure.value)
    assert str(tmp_path / "server.log") in str(failure.value)
    assert "the disk is full" in str(failure.value)
    assert running.history[-1].parts[0].restarts == AT_ONCE.limit


def test_a_program_that_is_not_there_is_named_in_the_log_of_its_part(
    part: Callable[..., Part], stack: Callable[..., Stack], wait_until: WaitUntil
) -> None:
    running = stack(replace(part("server", ""), argv=["/no/such/program"]))
    with pytest.raises(StackFailed, match="cannot start /no/such/program"):
        wait_until(lambda: running["server"].restarts > 10)


def test_a_part_that_is_not_ready_in_time_is_started_again(
    part: Callable[..., Part], stack: Callable[..., Stack], wait_until: WaitUntil
) -> None:
    running = stack(part("server", FOR_EVER, lambda: "its turn", start_limit_s=0.05))
    wait_until(lambda: running["server"].restarts >= 1)


def test_a_part_whose_heartbeat_stops_is_killed_with_its_children_and_started_again(
    part: Callable[..., Part], stack: Callable[..., Stack], wait_until: WaitUntil, tmp_path: Path
) -> None:
    heartbeat = Heartbeat(tmp_path / "beat", max_age_s=0.5)
    script = "sleep 1000 & echo $! > child; touch beat; wait"
    running = stack(part("worker", script, heartbeat.ready, heartbeat=heartbeat))
    wait_until(lambda: running.pid("worker"))
    child = int((tmp_path / "child").read_text())
    wait_until(lambda: running["worker"].restarts == 1)
    wait_until(lambda: process_started(child) is None)


def test_parts_are_stopped_before_those_that_they_need(
    part: Callable[..., Part], stack: Callable[..., Stack], wait_until: WaitUntil, tmp_path: Path
) -> None:
    script = 'trap "echo {0} >> order; exit" TERM; touch {0}.up; while :; do sleep 0.01; done'

    def up(name: str) -> Callable[[], str | None]:
        return lambda: None if (tmp_path / f"{name}.up").exists() else "its trap"

    server, worker = (
        part(name, script.format(name), up(name), needs=needs)
        for name, needs in (("server", ()), ("worker", ("server",)))
    )
    running = stack(server, worker)
    wait_until(lambda: running.pid("worker"))
    running.supervisor.stop()
    assert (tmp_path / "order").read_text().split() == ["worker", "server"]
    assert {state.phase for state in running.history[-1].parts} == {Phase.STOPPED}


def test_a_part_that_does_not_stop_when_asked_is_killed(
    part: Callable[..., Part], stack: Callable[..., Stack], wait_until: WaitUntil, tmp_path: Path
) -> None:
    script = 'trap "" TERM; touch up; while :; do sleep 0.01; done'
    stubborn = part("server", script, lambda: None if (tmp_path / "up").exists() else "its trap", stop_grace_s=0.1)
    running = stack(stubborn)
    pid = wait_until(lambda: running.pid("server"))
    running.supervisor.stop()
    assert process_started(pid) is None


SUPERVISED = """
import sys; from pathlib import Path
from omnibus.stacks.part import Part; from omnibus.stacks.supervisor import Supervisor
here = Path(sys.argv[1])
script = "sleep 1000 & echo $! $$ > pids.partial; mv pids.partial pids; wait"
env = {"PATH": "/bin:/usr/bin"}
part = Part(
    name="server", argv=["/bin/sh", "-c", script], env=env, cwd=here, log=here / "log", ready=lambda: None
)
Supervisor([part], here).run()
"""


@pytest.fixture
def supervised(tmp_path: Path, wait_until: WaitUntil) -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor in a process of its own. Its part and a child of that have written their ids into `pids`."""
    with subprocess.Popen([sys.executable, "-c", SUPERVISED, str(tmp_path)]) as process:
        wait_until((tmp_path / "pids").exists)
        yield process
        process.kill()


def test_neither_parts_nor_their_children_outlive_a_supervisor_that_is_killed(
    supervised: subprocess.Popen[bytes], wait_until: WaitUntil, tmp_path: Path
) -> None:
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert all(process_started(pid) for pid in pids)
    supervised.kill()
    wait_until(lambda: not any(process_started(pid) for pid in pids))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_signal_ends_the_supervisor_in_good_order(
    supervised: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals
) -> None:
    supervised.send_signal(number)
    assert supervised.wait(timeout=30) == 0
    assert not any(process_started(int(pid)) for pid in (tmp_path / "pids").read_text().split())


def test_a_step_that_fails_ends_the_stack_with_what_it_said_once(
    stack: Callable[..., Stack], part: Callable[..., Part], wait_until: WaitUntil
) -> None:
    running = stack(part("setup", "echo 'omnibus: the bucket is missing; make it'; exit 1", once=True))
    with pytest.raises(StackFailed) as failure:
        wait_until(running.supervisor.step)
    log = running["setup"].log
    assert str(failure.value) == f"setup failed: the bucket is missing; make it (its log: {log})"
