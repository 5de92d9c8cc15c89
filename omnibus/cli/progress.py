"""What the terminal shows while someone waits: models being fetched, a stack getting ready."""

import os
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.status import Status
from rich.text import Text

from omnibus.cli.printable import shown
from omnibus.settings import Settings
from omnibus.stacks.state import Phase, StackState


class DownloadBar:
    """`workers.adapters.assets.progress.Progress`, drawn on standard error."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def started(self, name: str, total_bytes: int) -> None:
        """A download of so many bytes begins."""
        self._task = self._progress.add_task(name, total=total_bytes)

    def advanced(self, count: int) -> None:
        """So many more bytes are here."""
        if self._task is not None:
            self._progress.advance(self._task, count)

    def finished(self) -> None:
        """The download is complete."""
        self._task = None


def prepare_models(settings: Settings) -> None:
    """Fetch and derive the profile's models, with a progress bar where that takes time."""
    # The libraries that convert models draw bars of their own, line over line with ours.
    os.environ["TQDM_DISABLE"] = "1"
    from omnibus.profiles import Models, profile_named, store_of

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    profile = profile_named(settings.profile)
    with Progress(*columns, console=console) as progress:
        store = store_of(settings, DownloadBar(progress))
        for asset in profile.assets:
            store.fetch(asset)
    with console.status("preparing models (a minute, the first time)"):
        Models(store_of(settings), profile).prepare()


class StartUp:
    """Follows a stack on the terminal: what it waits for, that it is ready, what was started again."""

    def __init__(self, console: Console, data: Path, *, detached: bool = False) -> None:
        self._console = console
        self._data = data
        self._status: Status | None = None
        self._detached = detached
        self._was_ready = False
        self._restarts: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._status = self._console.status("starting ...")
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, state: StackState) -> None:
        """Tell what changed."""
        assert self._status is not None
        for part in state.parts:
            if part.restarts > self._restarts.get(part.name, 0):
                self._console.print(
                    Text(f"{part.name} was started again ({shown(part.waits_for) or 'running'})"),
                    style="yellow",
                    soft_wrap=True,
                )
            self._restarts[part.name] = part.restarts
        if state.ready and not self._was_ready:
            self._status.stop()
            self._welcome(state)
        elif not state.ready:
            self._status.update(Text(shown(_waiting(state))))
            self._status.start()
        self._was_ready = state.ready

    def _welcome(self, state: StackState) -> None:
        stop = f"omnibus down --data {self._data}" if self._detached else "Ctrl-C"
        line = (
            f"ready. Kafka {state.endpoints['kafka']}, S3 {state.endpoints['s3']}, bucket {state.endpoints['bucket']};"
            f" data and logs in {self._data}; stop with {stop}"
        )
        self._console.print(Text(shown(line)), soft_wrap=True)


def _waiting(state: StackState) -> str:
    verb = "stopping" if state.stopping else "starting"
    waits = [
        f"{part.name} ({part.waits_for})" for part in state.parts if part.waits_for and part.phase is not Phase.READY
    ]
    return f"{verb}: {'; '.join(waits)}" if waits else f"{verb} ..."
