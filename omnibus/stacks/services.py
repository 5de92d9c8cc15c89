"""The services stack: Kafka, MinIO, Weaviate and Redis; what they lack is set up before the work begins."""

import sys
from dataclasses import replace
from pathlib import Path

from omnibus.settings import Settings
from omnibus.stacks.endpoints import Endpoints, as_environment
from omnibus.stacks.layout import Layout
from omnibus.stacks.native.stack import native
from omnibus.stacks.part import Part
from omnibus.stacks.run import Servers

SETUP = "setup"


def services(layout: Layout, settings: Settings) -> Servers:
    """The servers that the settings name, run by somebody else."""
    names = Endpoints.__dataclass_fields__
    endpoints = Endpoints(**{name: getattr(settings, name) for name in names})
    return Servers(parts=(setup(layout, endpoints),), endpoints=endpoints)


def native_services(layout: Layout, buckets: tuple[str, str]) -> Servers:
    """The same servers, started on this machine without Docker. Raises `StackFailed` when one is not installed."""
    made = native(layout, buckets)
    return replace(made, parts=(*made.parts, setup(layout, made.endpoints, made.names)))


def setup(layout: Layout, endpoints: Endpoints, needs: tuple[str, ...] = ()) -> Part:
    """The step that makes topics, buckets and notifications, once the servers in `needs` are ready."""
    return Part(
        name=SETUP,
        argv=[sys.executable, "-m", "omnibus", "setup", "--data", str(layout.data)],
        env=as_environment(endpoints),
        cwd=Path.cwd(),
        log=layout.logs / "setup.log",
        ready=lambda: "topics, buckets and notifications to be set up",
        needs=needs,
        once=True,
    )
