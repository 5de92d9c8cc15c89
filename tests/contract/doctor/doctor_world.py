"""What the tests of the doctor and its sisters share."""

from pathlib import Path

from running import PROFILE

from omnibus.doctor.finding import Finding, Severity
from omnibus.settings import Settings
from omnibus.stacks.endpoints import Endpoints


def settings_of(endpoints: Endpoints, data: Path, **other: str) -> Settings:
    """The settings of a stack of servers only, some of them `other` ones."""
    return Settings(data=data, profile=PROFILE, **{**endpoints.as_settings(), **other})


def worst(findings: list[Finding]) -> Finding:
    """The finding to look at first."""
    return max(findings, key=lambda each: list(Severity).index(each.severity))
