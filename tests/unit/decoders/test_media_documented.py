"""The page on media names every limit with its default."""

import re
from dataclasses import fields
from pathlib import Path

from workers.adapters.decoders.limits import DecodeLimits

PAGE = Path(__file__).parents[3] / "docs" / "media.md"


ROW = re.compile(r"^\| (`\w+`) \| ([\d,.]+)(?: (MiB|GiB))? \|", re.M)
UNITS = {"": 1, "MiB": 2**20, "GiB": 2**30}


def test_every_limit_of_decoding_is_documented_with_its_default() -> None:
    rows = {name: float(number.replace(",", "")) * UNITS[unit] for name, number, unit in ROW.findall(PAGE.read_text())}
    assert rows == {f"`{field.name}`": field.default for field in fields(DecodeLimits)}
