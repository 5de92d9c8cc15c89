"""Before the work begins: what nothing that we do later would mend."""

from collections.abc import Callable

from omnibus.doctor.checks import SERVICES, run
from omnibus.doctor.finding import Severity
from omnibus.settings import Settings

CRITICAL = ("kafka", "object store", "redis", "weaviate")
"""The servers that nothing works without."""
LIMIT_S = 10.0


class NotReady(Exception):
    """A server cannot be used; the message has a line for each that cannot."""


def demand_servers(settings: Settings, warn: Callable[[str], None]) -> None:
    """Raise `NotReady` when a server of the services stack cannot be used. `warn` gets what should be otherwise.

    Topics, buckets and notifications may be missing, because `omnibus setup` makes them; it does not mend a topic with
    too few partitions.
    """
    findings = run({name: SERVICES[name] for name in (*CRITICAL, "topics")}, settings, LIMIT_S)
    errors = [each.line for each in findings if each.severity is Severity.ERROR and each.name in CRITICAL]
    if errors:
        raise NotReady("\n".join(errors))
    for each in findings:
        if each.severity is Severity.WARNING:
            warn(each.line)
