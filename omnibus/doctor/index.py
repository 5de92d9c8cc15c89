"""The embedded stack's index: a directory that can be written to, with vectors of the models in use."""

import os
from collections.abc import Sequence
from pathlib import Path

from omnibus.doctor.finding import Finding, error, ok
from omnibus.doctor.spaces import judge_spaces, spaces_in_use
from omnibus.settings import Settings
from omnibus.stacks.layout import Layout
from workers.adapters.index.lance_table import spaces_held


def check_index(settings: Settings) -> Sequence[Finding]:
    """Whether the directory can be used."""
    directory = Layout(settings.data).index
    if not directory.exists():
        return [ok("index", f"{directory} is not there yet; the first start makes it")]
    problem = judge_directory(directory)
    if problem is not None:
        return [problem]
    held = spaces_held(directory)
    named = f"the index in {directory}"
    return judge_spaces(held, spaces_in_use(settings), named, "remove that directory") or [
        ok("index", f"{directory} can be written to")
    ]


def judge_directory(directory: Path) -> Finding | None:
    """The error when this user cannot write there."""
    if directory.is_dir() and os.access(directory, os.W_OK | os.X_OK):
        return None
    return error("index", f"{directory} cannot be written to", f"give it to this user: sudo chown -R $USER {directory}")
