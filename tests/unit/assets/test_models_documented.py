"""The page about the models has every file of the catalogue."""

from pathlib import Path

from workers.adapters.assets.catalog import PROFILES


def test_the_models_page_has_every_file_of_the_catalogue() -> None:
    page = Path("docs/models.md").read_text()
    for asset in {asset for assets in PROFILES.values() for asset in assets}:
        assert asset.licence in page
        for file in asset.files:
            assert f"| {asset.name} | `{file.name}` | {file.size:,} | `{file.sha256}` |" in page
