"""Options that several commands share, with their help."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the stack (default: .omnibus, or OMNIBUS_DATA).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Image = Annotated[Path | None, typer.Option("--image", help="A picture that is part of the question.")]
Modality = Annotated[
    list[str] | None, typer.Option("--modality", help="Only text, image, audio or video; may be given several times.")
]
Prefix = Annotated[str, typer.Option("--prefix", help="Only objects whose key starts with this.")]
TakenAfter = Annotated[
    str | None, typer.Option("--taken-after", help="Only pictures taken then or later: 2024-05-01, or with a time.")
]
TakenBefore = Annotated[str | None, typer.Option("--taken-before", help="Only pictures taken earlier than that.")]
Near = Annotated[
    str | None,
    typer.Option(
        "--near", metavar="LAT,LON,KM", help="Only pictures taken so near: 59.33,18.07,5 (degrees, kilometres)."
    ),
]
TopK = Annotated[int, typer.Option("-k", min=1, max=100, help="How many hits.")]
Timeout = Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds to wait.")]
Patience = Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds that the question has, deadline and all.")]
Profile = Annotated[
    str | None, typer.Option("--profile", help="Which models: offline or offline-small (default: offline).")
]
Beat = Annotated[Path | None, typer.Option("--heartbeat", help="A file to touch every second while alive.")]
Warm = Annotated[bool, typer.Option("--warm", help="Load models at the start, not when first needed.")]
