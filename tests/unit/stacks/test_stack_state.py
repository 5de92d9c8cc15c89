"""What a stack says of itself, and who may read it."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from omnibus.stacks.control import stop
from omnibus.stacks.credentials import Credentials
from omnibus.stacks.errors import StackFailed
from omnibus.stacks.layout import Layout
from omnibus.stacks.lock import DataLock
from omnibus.stacks.logs import last_lines, previous, rotate
from omnibus.stacks.state import PartState, Phase, StackState, last_state, own_start, read_state, write_state

PART = PartState("bus", Phase.READY, 17, 1, "", "/logs/bus.log", {"kafka": "127.0.0.1:1"})


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.make()
    return layout


@pytest.fixture
def state() -> StackState:
    return StackState(os.getpid(), own_start(), True, False, "", {"kafka": "127.0.0.1:1"}, (PART,))


def test_the_state_of_a_running_stack_is_read_as_it_was_written(layout: Layout, state: StackState) -> None:
    write_state(layout.state, state)
    assert read_state(layout.data) == state


def test_the_state_of_a_process_that_only_has_the_same_id_is_not_that_of_a_running_stack(
    layout: Layout, state: StackState
) -> None:
    write_state(layout.state, replace(state, started=state.started - 1))
    assert read_state(layout.data) is None
    assert last_state(layout.data) is not None


def test_a_directory_without_a_stack_has_no_state_and_nothing_to_stop(tmp_path: Path) -> None:
    assert read_state(tmp_path / "none") is None
    assert stop(tmp_path / "none") is False


def test_state_and_credentials_can_be_read_by_their_owner_only(layout: Layout, state: StackState) -> None:
    write_state(layout.state, state)
    Credentials.of(layout.run / "credentials.json")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in layout.run.iterdir()}
    assert modes == {"state.json": 0o600, "credentials.json": 0o600}
    assert stat.S_IMODE(layout.run.stat().st_mode) == 0o700


def test_credentials_are_the_same_at_every_start_and_different_in_every_directory(tmp_path: Path) -> None:
    first = Credentials.of(tmp_path / "a.json")
    assert Credentials.of(tmp_path / "a.json") == first
    assert Credentials.of(tmp_path / "b.json") != first


def test_a_second_stack_on_the_same_directory_is_refused(layout: Layout) -> None:
    with DataLock(layout.lock), pytest.raises(StackFailed, match="runs already"):
        DataLock(layout.lock, patience_s=0)


def test_the_directory_is_free_again_when_the_first_stack_is_gone(layout: Layout) -> None:
    with DataLock(layout.lock):
        pass
    with DataLock(layout.lock, patience_s=0) as lock:
        assert lock.fileno() > 0


def test_the_log_of_the_run_before_is_kept_and_no_older_one(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    for run in ("first", "second", "third"):
        rotate(log)
        log.write_text(run)
    assert (log.read_text(), previous(log).read_text()) == ("third", "second")
    assert len(list(tmp_path.iterdir())) == 2


def test_the_last_lines_of_a_log_are_those_that_say_something(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_bytes(b"one\ntwo\n\n\xff three\n\n")
    assert last_lines(log, 2) == ["two", "\ufffd three"]
