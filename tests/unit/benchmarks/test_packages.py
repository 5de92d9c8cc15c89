"""The material of the benchmark: out of packages, checked, and kept."""

import io
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from benchmarks.quality.packages import NoMaterial, Package, checksum, material

FILES = {"usr/share/a/one.wav": b"one", "usr/share/two.rcc": b"two"}
OTHERS = {"usr/share/a/deeper/three.wav": b"three", "usr/share/four.rcc": b"four"}
PACKAGE = Package("some-data", "1.0", ("usr/share/a/", "usr/share/two.rcc"), checksum(FILES))


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for Debian's programs, in a folder that is the whole PATH; `package.tar` there is in every package."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    _package(folder, FILES | OTHERS)
    _program(folder / "apt-get", f"echo called >> {folder}/calls; : > some-data_1.0_all.deb")
    _program(folder / "dpkg-deb", f"exec /bin/cat {folder}/package.tar")
    return folder


def _package(folder: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(folder / "package.tar", "w") as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(f"./{path}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def _program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def test_what_a_package_is_wanted_for_is_taken_out_of_it(apt: Path, tmp_path: Path) -> None:
    assert apt.is_dir()
    assert material(PACKAGE, tmp_path / "cache") == FILES


def test_what_was_fetched_is_kept(apt: Path, tmp_path: Path) -> None:
    material(PACKAGE, tmp_path / "cache")
    assert material(PACKAGE, tmp_path / "cache") == FILES
    assert (apt / "calls").read_text() == "called\n"


def test_a_package_with_other_content_is_refused_and_not_kept(apt: Path, tmp_path: Path) -> None:
    _package(apt, FILES | {"usr/share/two.rcc": b"another"})
    with pytest.raises(NoMaterial, match=r"some-data here is not what the bounds are for: that of 1\.0"):
        material(PACKAGE, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_damage_in_the_cache_is_noticed_and_the_message_says_what_to_delete(apt: Path, tmp_path: Path) -> None:
    assert apt.is_dir()
    material(PACKAGE, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    (kept / "usr/share/two.rcc").write_bytes(b"damaged")
    with pytest.raises(NoMaterial, match=f"delete {kept}"):
        material(PACKAGE, tmp_path / "cache")


def test_a_package_that_apt_does_not_have_is_told_in_apts_words(apt: Path, tmp_path: Path) -> None:
    _program(apt / "apt-get", "echo 'E: Unable to locate package some-data' >&2; exit 100")
    with pytest.raises(NoMaterial, match="`apt-get download --quiet some-data` failed: E: Unable to locate"):
        material(PACKAGE, tmp_path / "cache")


def test_a_machine_without_apt_is_told_so_in_one_line(apt: Path, tmp_path: Path) -> None:
    (apt / "apt-get").unlink()
    with pytest.raises(NoMaterial, match=r"^there is no apt-get on this machine; .*$"):
        material(PACKAGE, tmp_path / "cache")


def test_the_checksum_is_that_of_a_list_as_sha256sum_prints_it() -> None:
    lines = [f"{sha256(content).hexdigest()}  {path}\n" for path, content in sorted(FILES.items())]
    assert checksum(FILES) == sha256("".join(lines).encode()).hexdigest()
    assert checksum(FILES) != checksum(dict.fromkeys(FILES, b""))
