"""An asset store of its own for every test, and the index and hub that it fetches from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.assets.local_registry import Served, serving
from workers.adapters.assets.store import AssetStore


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    # The library reads this once, at import; other tests of the same run may have asked for no hub.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with serving() as served:
        yield served


@pytest.fixture
def store(registry: Served, tmp_path: Path) -> AssetStore:
    return AssetStore(tmp_path / "models", environ=registry.environ)
