"""The doctor and its sisters as a user runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnibus.doctor.finding import Finding, Severity
from omnibus.settings import PREFIX, Settings
from omnibus.stacks.endpoints import Endpoints

PROFILE = "offline-small"


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def omnibus(*arguments: str, settings: Mapping[str, str] | None = None) -> Finished:
    """Run the command with `settings` as variables of its environment."""
    env = {**os.environ, **{PREFIX + name.upper(): value for name, value in (settings or {}).items()}}
    command = [sys.executable, "-m", "omnibus", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=env)
    return Finished(done.returncode, done.stdout, done.stderr)


def settings_of(endpoints: Endpoints, data: Path, **other: str) -> Settings:
    """The settings of a stack of servers only, some of them `other` ones."""
    return Settings(data=data, profile=PROFILE, **{**endpoints.as_settings(), **other})


def worst(findings: list[Finding]) -> Finding:
    """The finding to look at first."""
    return max(findings, key=lambda each: list(Severity).index(each.severity))
