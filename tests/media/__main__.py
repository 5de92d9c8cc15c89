"""Writes the corpus of hostile files into a folder: `PYTHONPATH=tests:. python -m media DIR`."""

import sys
from pathlib import Path

from media.hostile import corpus


def main(folder: Path) -> int:
    """Write every file; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    files = list(corpus())
    for file in files:
        (folder / file.name).write_bytes(file.data)
    return len(files)


if __name__ == "__main__":
    print(f"{main(Path(sys.argv[1]))} files")  # noqa: T201 - a script
