"""The doctor on the embedded stack, with a stack and without one."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from doctor_world import settings_of, worst
from running import PROFILE, omnibus

from omnibus.doctor.checks import examine
from omnibus.doctor.finding import Severity
from omnibus.doctor.index import check_index
from omnibus.doctor.redis import check_redis
from omnibus.doctor.servers import unreachable
from omnibus.doctor.store import check_store
from omnibus.settings import Settings
from omnibus.stacks.layout import Layout
from omnibus.stacks.state import read_state
from workers.adapters.index.lance_table import open_table
from workers.domain.segment import Space

WaitUntil = Callable[..., Any]


@pytest.fixture(scope="module")
def stack(run_servers: Callable[[Path], Any]) -> Iterator[Any]:
    with TemporaryDirectory(prefix="omnibus-") as folder, run_servers(Path(folder) / "data") as running:
        yield running


def test_without_a_stack_there_is_one_line_for_it_and_none_for_its_servers(tmp_path: Path) -> None:
    found = examine(Settings(data=tmp_path / "none", profile=PROFILE))
    errors = [each for each in found if each.severity is Severity.ERROR]
    assert [each.line for each in errors] == [f"no stack runs on {tmp_path / 'none'}; start one with: omnibus up"]
    assert not {each.name for each in found} & {"kafka", "redis", "object store", "workers"}


def test_servers_that_run_are_healthy(stack: Any) -> None:
    found = examine(settings_of(stack.endpoints, stack.data))
    assert [each.line for each in found if each.severity is Severity.ERROR] == []
    named = {each.name for each in found if each.severity is Severity.OK}
    assert {"stack", "kafka", "topics", "object store", "buckets", "redis", "clock", "index", "disk"} <= named


def test_wrong_credentials_are_told_apart_here_too(stack: Any) -> None:
    wrong = settings_of(stack.endpoints, stack.data, secret_key="wrong", redis="redis://:no@" + redis_at(stack))
    assert "refuses the secret key" in worst(list(check_store(wrong))).line
    assert "refuses the password" in worst(list(check_redis(wrong))).line


def redis_at(stack: Any) -> str:
    address: str = stack.endpoints.redis.partition("@")[2]
    return address


def test_an_index_of_other_models_is_an_error(tmp_path: Path) -> None:
    folder = Layout(tmp_path).index
    folder.mkdir(parents=True)
    open_table(folder, [Space("minilm", 3, "another")], tmp_path / "lock")
    found = worst(list(check_index(Settings(data=tmp_path, profile=PROFILE))))
    assert found.severity is Severity.ERROR
    assert "another (3 dimensions)" in found.found
    assert "remove that directory" in found.remedy


@pytest.mark.parametrize(("part", "name"), [("tansu", "kafka"), ("seaweedfs", "object store"), ("valkey", "redis")])
def test_status_says_which_server_hangs(stack: Any, wait_until: WaitUntil, part: str, name: str) -> None:
    at = settings_of(stack.endpoints, stack.data)
    state = read_state(stack.data)
    assert state is not None
    pid = next(each.pid for each in state.parts if each.name == part)
    assert pid is not None
    wait_until(lambda: unreachable(at) == {})
    os.kill(pid, signal.SIGSTOP)
    try:
        assert list(unreachable(at)) == [name]
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: unreachable(at) == {})


def test_a_profile_that_there_is_not_is_a_usage_error(tmp_path: Path) -> None:
    ended = omnibus("doctor", "--data", str(tmp_path), "--profile", "nothing")
    assert ended.status == 2
    assert "there is no profile 'nothing'" in ended.err


def test_every_line_for_people_begins_with_its_severity(tmp_path: Path) -> None:
    ended = omnibus("doctor", "--data", str(tmp_path), "--profile", PROFILE)
    assert ended.status == 1
    *lines, total = ended.out.splitlines()
    assert all(line.split()[0] in {"ok", "warning", "error"} for line in lines)
    assert total.startswith("1 error")
