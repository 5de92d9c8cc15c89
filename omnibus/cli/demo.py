"""`omnibus demo`: the main job on the embedded stack, with the files and questions of `examples/`."""

import tempfile
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from omnibus.cli import options
from omnibus.cli.failures import CommandFailed, one_line
from omnibus.cli.printable import shown

if TYPE_CHECKING:
    from rich.console import Console

    from omnibus.settings import Settings

INDEXING_S = 300.0
ANSWER_S = 180.0


def demo(profile: options.Profile = None) -> None:
    """Start a stack in a temporary folder, index the example files, ask questions about them, and stop."""
    with one_line():
        from rich.console import Console

        from omnibus.cli.progress import prepare_models
        from omnibus.cli.up import detached
        from omnibus.settings import load, load_running

        begun = monotonic()
        out = Console(highlight=False)
        with tempfile.TemporaryDirectory(prefix="omnibus-demo-") as folder:
            data = Path(folder)
            settings = load(data=data, profile=profile)
            prepare_models(settings)
            with detached(settings, warm=True):
                wrong = _show(out, load_running(data))
        out.print(f"\nThe demo took {monotonic() - begun:.0f} s. To go on with files of your own: omnibus up")
        if wrong:
            raise CommandFailed(f"{wrong} of the demo's questions were not answered as expected")


def _show(out: "Console", settings: "Settings") -> int:
    """Upload and ask; the number of replies that are not as they should be."""
    from rich.text import Text

    from omnibus.cli.upload import upload_files
    from omnibus.demo import examples, questions

    folder = examples()
    media = folder / "media"
    results = upload_files(settings, [media], "", wait=True, timeout_s=INDEXING_S)
    failed = [result for result in results if result.status != "indexed"]
    for result in results:
        reason = f"  {shown(result.reason)}" if result.reason else ""
        out.print(Text(f"  {result.status:10} {shown(result.key)}  ({result.seconds:.1f} s){reason}"), soft_wrap=True)
    if failed:
        raise CommandFailed(f"{len(failed)} of the demo's files were not indexed")
    return sum(_pose(out, settings, folder, question) for question in questions(folder))


def _pose(out: "Console", settings: "Settings", folder: Path, entry: object) -> bool:
    """Ask one question and print the reply; whether it is not as it should be."""
    from rich.text import Text

    from omnibus.cli.questions import picture, pose, print_answer, question
    from omnibus.demo import DemoQuestion, flaws

    assert isinstance(entry, DemoQuestion)
    asked = " + ".join(part for part in (entry.text, entry.image) if part)
    out.print()
    out.print(Text(f"{entry.show}" if entry.show else "A question"), style="dim")
    out.print(Text(f"? {asked}"), style="bold")
    with picture(settings, folder / entry.image if entry.image else None) as ref:
        reply = pose(settings, question(entry.text, ref, {}), timeout_s=ANSWER_S)
    print_answer(out, reply)
    found = flaws(entry, reply)
    for flaw in found:
        out.print(Text(f"  not as expected: {flaw}"), style="red")
    return bool(found)
