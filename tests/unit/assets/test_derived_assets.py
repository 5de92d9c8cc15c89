"""What is made from assets is made once."""

import errno
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from workers.adapters.assets.store import AssetStore
from workers.errors import ModelUnavailable


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
