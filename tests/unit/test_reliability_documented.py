"""docs/reliability.md names tests as its evidence: they exist, under these names."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(?:([\w/]+)/)?(test_\w+)`")


def test_every_test_that_the_page_names_exists() -> None:
    modules = list((ROOT / "tests").rglob("test_*.py"))
    known = {name for module in modules for name in re.findall(r"^def (test_\w+)\(", module.read_text(), re.MULTILINE)}
    named = {name for _, name in NAMED.findall((ROOT / "docs" / "reliability.md").read_text())}
    assert len(named) > 30
    assert named - known == set()
