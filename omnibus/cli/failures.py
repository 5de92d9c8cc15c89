"""How a command fails: one line that says what is wrong and what to do; `OMNIBUS_DEBUG=1` shows the rest."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from omnibus.cli.printable import shown_lines
from producers.errors import BucketUnavailable, BusUnavailable, NoReply
from workers.errors import OmnibusError

FAILED = 1
USAGE = 2
DEBUG = "OMNIBUS_DEBUG"


class CommandFailed(Exception):
    """A command cannot go on; the message is the line that the user sees."""


@contextmanager
def one_line() -> Iterator[None]:
    """Turn what a user can do something about into one line on standard error and an exit status."""
    try:
        yield
    except (CommandFailed, OmnibusError, BusUnavailable, BucketUnavailable, NoReply, OSError) as error:
        _fail(str(error), FAILED)
    except ValueError as error:
        _fail(str(error), USAGE)
    except ModuleNotFoundError as error:
        _fail(f"this command needs more than the light client ({error.name}): pip install 'omnibus[embedded]'", FAILED)
    except KeyboardInterrupt as interrupted:
        _fail(str(interrupted) or "interrupted", 130)


def _fail(message: str, status: int) -> None:
    if os.environ.get(DEBUG):
        raise  # noqa: PLE0704 - called from inside an except clause
    for line in shown_lines(message).rstrip("\n").split("\n"):
        typer.echo(f"omnibus: {line}", err=True)
    sys.exit(status)
