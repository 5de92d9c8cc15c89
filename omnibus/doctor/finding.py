"""What a check found: how bad it is, what there is, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps the flows from working; a warning does not, or not yet."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `remedy` is empty when nothing is to be done."""

    name: str
    severity: Severity
    found: str
    remedy: str = ""

    @property
    def line(self) -> str:
        """What was found and what to do, in one line."""
        return f"{self.found}; {self.remedy}" if self.remedy else self.found


class Fault(Exception):
    """A dependency cannot be used: what was found, and the remedy."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(f"{found}; {remedy}")
        self.found = found
        self.remedy = remedy


def ok(name: str, found: str) -> Finding:
    """All is well."""
    return Finding(name, Severity.OK, found)


def warning(name: str, found: str, remedy: str) -> Finding:
    """The flows work, but something will be missed."""
    return Finding(name, Severity.WARNING, found, remedy)


def error(name: str, found: str, remedy: str) -> Finding:
    """The flows do not work."""
    return Finding(name, Severity.ERROR, found, remedy)


def fault(name: str, raised: Fault) -> Finding:
    """The error that a probe raised."""
    return error(name, raised.found, raised.remedy)


def healthy(findings: Sequence[Finding]) -> bool:
    """Whether there is no error among them."""
    return not any(each.severity is Severity.ERROR for each in findings)
