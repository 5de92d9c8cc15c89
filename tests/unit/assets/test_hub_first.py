"""The hub is asked first, then the packages."""

import socket
import threading
from pathlib import Path

from tests.unit.assets.local_registry import Served, asset_of, part
from tests.unit.assets.toy_assets import WEIGHTS, fetched, start_of
from workers.adapters.assets.catalog import Asset, HubFile
from workers.adapters.assets.store import AssetStore


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
