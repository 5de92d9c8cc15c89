"""The page of the settings and the code say the same."""

import json
from pathlib import Path

from omnibus.settings import NOT_SETTINGS, PREFIX, Settings

PAGE = (Path(__file__).parents[3] / "docs/settings.md").read_text()


def row(name: str) -> str:
    """A setting's line of the table."""
    field = Settings.model_fields[name]
    default = field.default
    shown = "(none)" if default in (None, "") else f"`{json.dumps(default) if isinstance(default, list) else default}`"
    return f"| `{name}` | `{PREFIX}{name.upper()}` | {shown} | {field.description} |"


def test_the_table_has_a_line_for_every_setting_in_the_order_of_the_code() -> None:
    written = [line for line in PAGE.splitlines() if line.startswith("| `") and PREFIX in line]
    assert written == [row(name) for name in Settings.model_fields]


def test_every_setting_says_what_it_means() -> None:
    assert all(len(field.description or "") > 10 for field in Settings.model_fields.values())


def test_variables_that_are_no_settings_are_named_too() -> None:
    assert all(name in PAGE for name in NOT_SETTINGS)
