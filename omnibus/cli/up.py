"""`omnibus up`: the whole stack in the foreground, or in the background with `--detach`."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Annotated

import typer

from omnibus.cli import options
from omnibus.cli.failures import CommandFailed, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from omnibus.settings import Settings
    from omnibus.stacks.layout import Layout
    from omnibus.stacks.run import Servers

DETACH_LIMIT_S = 120.0
_COMMAND = (sys.executable, "-m", "omnibus")


def up(
    stack: Annotated[str | None, typer.Option("--stack", help="Which servers: embedded or services.")] = None,
    data: options.Data = None,
    profile: options.Profile = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when it is ready; stop it with `omnibus down`.")
    ] = False,
    warm: options.Warm = False,
    native: Annotated[
        bool, typer.Option("--native", help="With --stack services: start these servers too (make servers).")
    ] = False,
) -> None:
    """Start broker, bucket, queue, dispatchers and workers, and look after them until Ctrl-C."""
    with one_line():
        from omnibus.cli.progress import prepare_models
        from omnibus.settings import load

        settings = load(data=data, stack=stack, profile=profile)
        if native and settings.stack == "embedded":
            raise ValueError("--native starts the servers of the services stack: add --stack services")
        if settings.stack == "services" and not native:
            _demand_servers(settings)
        prepare_models(settings)
        if detach:
            start_detached(settings, warm=warm, native=native)
        else:
            _foreground(settings, warm=warm, native=native)


def _demand_servers(settings: "Settings") -> None:
    """Before a minute is spent on models and processes that would wait in vain."""
    from omnibus.doctor.start import NotReady, demand_servers
    from omnibus.stacks.native.stack import keeps_native_servers

    try:
        demand_servers(settings, lambda line: typer.echo(f"omnibus: warning: {line}", err=True))
    except NotReady as error:
        hint = f"\nthe servers of {settings.data} are native ones: add --stack services --native"
        raise CommandFailed(f"{error}{hint if keeps_native_servers(settings.data) else ''}") from error


def _foreground(settings: "Settings", *, warm: bool, native: bool) -> None:
    from rich.console import Console

    from omnibus.cli.progress import StartUp
    from omnibus.stacks.errors import StackFailed
    from omnibus.stacks.processes import own_processes
    from omnibus.stacks.run import run_stack

    with StartUp(Console(stderr=True), settings.data) as start_up:
        try:
            run_stack(
                settings.data,
                _servers(settings, native=native),
                own_processes=own_processes(settings.profile, warm=warm),
                on_change=start_up.show,
                profile=settings.profile,
            )
        except StackFailed as error:
            raise CommandFailed(str(error)) from error


def _servers(settings: "Settings", *, native: bool) -> "Callable[[Layout], Servers]":
    from omnibus.stacks.embedded import embedded
    from omnibus.stacks.services import native_services, services

    buckets = (settings.bucket, settings.question_bucket)
    if settings.stack == "embedded":
        return lambda layout: embedded(layout, buckets)
    if native:
        return lambda layout: native_services(layout, buckets)
    return lambda layout: services(layout, settings)


@contextmanager
def detached(settings: "Settings", *, warm: bool = False, native: bool = False) -> Iterator[None]:
    """A stack in the background that is ready, and is stopped at the end."""
    from omnibus.stacks.control import stop

    try:
        start_detached(settings, warm=warm, native=native)
        yield
    finally:
        stop(settings.data)


def start_detached(settings: "Settings", *, warm: bool = False, native: bool = False) -> None:
    """Start a stack in the background and wait until it is ready. Raises `CommandFailed` with its last line."""
    from rich.console import Console

    from omnibus.cli.progress import StartUp
    from omnibus.stacks.control import stop
    from omnibus.stacks.state import read_state

    data = settings.data
    data.mkdir(parents=True, exist_ok=True)
    log = data / "up.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*_COMMAND, "up", *_arguments(settings, warm=warm, native=native)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = monotonic() + DETACH_LIMIT_S
    with StartUp(Console(stderr=True), data, detached=True) as start_up:
        while monotonic() < deadline:
            if process.poll() is not None:
                raise CommandFailed(_last_line(log))
            state = read_state(data)
            if state is not None and state.pid == process.pid:
                start_up.show(state)
                if state.ready:
                    return
            sleep(0.1)
    stop(data)
    raise CommandFailed(f"not ready after {DETACH_LIMIT_S:.0f} s; see {log} and `omnibus status`")


def _arguments(settings: "Settings", *, warm: bool, native: bool) -> list[str]:
    flags = [flag for flag, given in (("--warm", warm), ("--native", native)) if given]
    return ["--data", str(settings.data), "--stack", settings.stack, "--profile", settings.profile, *flags]


def _last_line(log: Path) -> str:
    lines = log.read_text().strip().splitlines()
    return lines[-1].removeprefix("omnibus: ") if lines else f"it ended at once; see {log}"
